// Everything works without this file: it only spares the reload after a change of quantity,
// keeps the reader's place, and holds back a second press on the same button.

async function change(form, button) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form, button),
    headers: { "X-Meloko-Part": "1" },
    redirect: "error",
  });
  if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error("not a page");
  const said = answer.headers.get("X-Meloko-Part");
  if (!said) throw new Error("not a part of a page");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// The answer is written into the region that was already there, or a screen reader would not read it.
function place(parts, row) {
  for (const part of parts.body.children) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    if (old !== row) {
      old.replaceWith(document.importNode(part, true));
      continue;
    }
    for (const name of [".quantity", ".product__answer"]) {
      const from = part.querySelector(name);
      const to = row.querySelector(name);
      if (from && to && name === ".product__answer") to.replaceChildren(...from.childNodes);
      else if (from && to) refresh(to, from);
    }
  }
}

// Buttons keep their identity, so that the focus stays where the finger is.
function refresh(form, fresh) {
  form.className = fresh.className;
  const number = form.querySelector("input[name=quantity]");
  const told = fresh.querySelector("input[name=quantity]");
  number.value = told.value;
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (told.hasAttribute(name)) number.setAttribute(name, told.getAttribute(name));
    else number.removeAttribute(name);
  }
  const less = form.querySelector("button[value=less]");
  if (less === document.activeElement && fresh.querySelector("button[value=less]").disabled) number.focus();
  less.disabled = fresh.querySelector("button[value=less]").disabled;
}

// One change at a time and in order: two quick presses are two more, not one.
let last = Promise.resolve();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-quantity]")) {
    event.preventDefault();
    const button = event.submitter;
    const typed = button?.value === "set" ? form.elements.quantity.value : null;
    // Enter in the field says it twice: the number has changed, and the form is sent.
    if (typed !== null && typed === form.dataset.noting) return;
    if (typed !== null) form.dataset.noting = typed;
    last = last
      .then(() => change(form, button))
      .then((parts) => place(parts, form.closest(".product")))
      .catch(() => sendPlainly(form, button))
      .finally(() => delete form.dataset.noting);
  } else if (form.matches("[data-once]")) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  }
});

function sendPlainly(form, button) {
  const told = document.createElement("input");
  told.type = "hidden";
  told.name = button?.name ?? "change";
  told.value = button?.value ?? "set";
  form.append(told);
  form.submit();
}

// A number typed and left is noted, as a reader of paper would expect.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-quantity]");
  if (form) form.requestSubmit(form.querySelector("button[value=set]"));
});

// Back from the next page: the browser may show the page as it was, with a button already pressed.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

