// Shortcuts, the keying desk and the progress of long work. Every page works without this file.

const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

function shortcuts() {
  const places = { j: ".side a[href]", c: 2, n: 3, t: 4 };
  const help = document.getElementById("raccourcis");
  const entry = (n) => document.querySelectorAll(".side ul a")[n - 1];
  let before = null;
  const close = () => {
    help.hidden = true;
    before?.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (help && !help.hidden && event.key === "Escape") return close();
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "?" && help) {
      before = document.activeElement;
      help.hidden = false;
      help.focus();
      return;
    }
    const here = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    const search = key === "r" ? document.querySelector("[type=search], [data-search]") : null;
    const there = here ?? search ?? (key === "j" ? entry(1) : places[key] && entry(places[key]));
    if (!there) return;
    event.preventDefault();
    if (there === search) search.focus();
    else there.click();
  });
}

const euros = (cents) =>
  (cents / 100).toLocaleString("fr-FR", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).replace(/\s/g, "\u00a0") + "\u00a0€";

function amount(product, quantity) {
  const { price, deposit, weight } = product.dataset;
  const goods = weight ? Math.floor((2 * quantity * price * weight + 1000) / 2000) : quantity * price;
  return { goods, due: goods + quantity * Number(deposit) };
}

class Desk {
  constructor(form) {
    this.form = form;
    this.lines = form.querySelector("#table-lignes tbody");
    form.querySelector(".without-script")?.remove();
    form.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("input", () => this.count());
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-look-on-change]")) this.look().then(() => form.elements.place.focus());
      if (event.target.name === "chosen") {
        form.elements.customer.value = event.target.value;
        this.look().then(() => form.elements.received_day.focus());
      }
    });
    form.querySelector("[data-more]").addEventListener("click", (event) => {
      event.preventDefault();
      this.grow().focus();
    });
    // A second Enter or a double click is the same sending: the key of the page says so, the button too.
    form.addEventListener("submit", (event) => {
      if (this.sent) event.preventDefault();
      this.sent = true;
    });
    this.count();
  }

  product(code) {
    return code ? this.form.querySelector(`[data-code="${CSS.escape(code)}"]`) : null;
  }

  count() {
    let lines = 0, articles = 0, due = 0;
    const seen = new Map();
    for (const row of this.lines.rows) {
      const [code, quantity] = row.querySelectorAll("input");
      const words = code.value.trim();
      const product = this.product(words);
      const n = /^[0-9]{1,3}$/.test(quantity.value.trim()) ? Number(quantity.value) : 0;
      const what = row.querySelector(".what");
      const again = product && seen.get(words);
      if (product) seen.set(words, row.rowIndex);
      // What the server said stays until the line is typed anew.
      if (row.dataset.typed !== `${words}|${quantity.value}` && (row.dataset.typed !== undefined || !row.querySelector(".row-error"))) {
        what.replaceChildren();
        const says = (text, tag = "small") => what.append(Object.assign(document.createElement(tag), { textContent: text }));
        if (product) {
          what.append(product.dataset.name);
          says(`, ${product.dataset.unit}`);
          if (again) says(` déjà ligne ${again} : les quantités s’ajoutent`);
        } else if (words) says("code inconnu ce jour-là", "strong");
        row.className = words && !product ? "wrong" : again ? "doubt" : "";
      }
      row.dataset.typed = `${words}|${quantity.value}`;
      row.querySelector(".amount").textContent = product && n ? euros(amount(product, n).goods) : "";
      if (!product || !n) continue;
      lines += 1;
      articles += n;
      due += amount(product, n).due;
    }
    const sums = { lines, articles, total: euros(due), written: this.form.elements.total.value || "–" };
    for (const [name, words] of Object.entries(sums)) this.form.querySelector(`[data-sum=${name}]`).textContent = words;
  }

  // Clone the last row, empty; return its first field.
  grow() {
    const row = this.lines.rows[this.lines.rows.length - 1].cloneNode(true);
    const n = this.lines.rows.length + 1;
    row.className = "";
    row.removeAttribute("data-typed");
    row.querySelector(".what").replaceChildren();
    row.querySelector(".amount").textContent = "";
    for (const input of row.querySelectorAll("input")) {
      input.value = "";
      input.id = `${input.name}-${n}`;
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
      input.removeAttribute("autofocus");
      input.setAttribute("aria-label", `${input.name === "code" ? "Code" : "Quantité"}, ligne ${n}`);
    }
    this.lines.append(row);
    return row.querySelector("input");
  }

  fields() {
    return [...this.form.querySelectorAll("input, select, textarea, [data-save]")].filter(
      (field) => field.type !== "hidden" && !field.disabled && field.offsetParent !== null && (field.type !== "radio" || field.checked || field.name === "chosen"),
    );
  }

  key(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      return this.form.requestSubmit(this.form.querySelector("[data-save]"));
    }
    const at = event.target;
    if (at.matches("button, summary, a") || (at.matches("textarea") && !event.shiftKey)) return;
    event.preventDefault();
    this.move(at, event.shiftKey ? -1 : 1);
  }

  async move(at, step) {
    if (at.name === "customer" && step > 0) {
      await this.look();
      const choice = this.form.querySelector("[name=chosen]");
      if (choice) return choice.focus();
      if (!this.form.querySelector(".keying-who")) return at.select();
    }
    if (at.name === "code" && step > 0 && !at.value.trim()) return this.form.elements.articles.focus();
    const last = this.lines.rows[this.lines.rows.length - 1];
    if (at.name === "quantity" && step > 0 && last.contains(at)) return this.grow().focus();
    const fields = this.fields();
    const next = fields[fields.indexOf(at) + step];
    next?.focus();
    if (next?.select) next.select();
  }

  // Ask the server who this is and where the day leads, without losing what is typed.
  async look() {
    const body = new URLSearchParams(new FormData(this.form));
    body.set("act", "look");
    const ask = () => fetch(this.form.action, { method: "POST", body }).catch(() => null);
    const answer = (await ask()) ?? (await ask());
    // What cannot be asked behind the page is asked with the page: nobody is left without an answer.
    if (!answer?.ok) return this.form.querySelector("[data-look]").click();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of this.form.querySelectorAll("[data-part], .price-list")) {
      const fresh = part.id ? page.getElementById(part.id) : page.querySelector(".price-list");
      if (fresh) part.replaceWith(document.adoptNode(fresh));
    }
    const wrong = this.form.querySelector("#customer-error");
    const says = page.querySelector("#customer-error");
    const field = this.form.elements.customer;
    wrong?.remove();
    if (says) field.before(document.adoptNode(says));
    field.closest(".field").classList.toggle("field--wrong", says !== null);
    field.toggleAttribute("aria-invalid", false);
    if (says) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", "customer-error");
    }
    const found = page.getElementById("customer");
    if (found) field.value = found.value;
    this.count();
  }
}

// Ask again how far the work is; leave when it is done, with the fresh page.
function watch(box) {
  let pause = 1500;
  const again = async () => {
    const answer = await fetch(box.dataset.progress).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-progress]");
      if (!fresh) return location.reload();
      box.replaceChildren(...document.adoptNode(fresh).childNodes);
    } else pause = Math.min(pause * 2, 20_000);
    setTimeout(again, pause);
  };
  setTimeout(again, pause);
}

shortcuts();
for (const form of document.querySelectorAll("[data-desk]")) new Desk(form);
for (const box of document.querySelectorAll("[data-progress]")) watch(box);
for (const field of document.querySelectorAll("select[data-go]")) field.addEventListener("change", () => field.form.requestSubmit());
