// The driver's round: one stop a screen, each act kept here first and sent when there is a network.

const store = await import(document.getElementById("store").href);
const part = (id) => document.getElementById(id);
const [round, token] = location.hash.slice(1).split(".");
const LEFT_OPEN = 30_000;
const WORDS = { delivered: "livré", "delivered otherwise": "livré autrement", "no answer": "pas de réponse", refused: "refusé", missing: "manquant", "taken back": "repris", collected: "retiré", left: "fait" };
const HOW = [["neighbour", "Chez un voisin"], ["at the door", "Devant la porte"], ["relay point", "Au point relais"], ["other", "Autrement"]];
const MONEY = [["cash", "en espèces"], ["cheque", "en chèque"], ["card", "par carte"]];

let name, key, salt, held, shown, undoable, notice;
let kept = true, away = false, busy = false, guarded = false, over = "", wrongClock = 0;

// --- drawing

const french = (words) => words.replace(/ ([:;?!€»])/g, "\u00a0$1").replace(/(\d) (h|min|km|\d)/g, "$1\u00a0$2");
function h(tag, facts = {}, ...inside) {
  const made = Object.assign(document.createElement(tag), facts);
  made.append(...inside.flat().filter((each) => each || each === 0).map((each) => (each.nodeType ? each : french(String(each)))));
  return made;
}
const told = (which) => part("words").content.querySelector(`[data-words="${which}"]`).cloneNode(true);
const icon = (called) => part("icons").content.querySelector(`[data-icon="${called}"] svg`)?.cloneNode(true);
const big = (words, act, look = "outline", symbol = "") => h("button", { type: "button", className: `big big--${look}`, onclick: act }, symbol && icon(symbol), h("span", {}, words));
const link = (words, href, symbol) => h("a", { className: "big big--outline", href }, icon(symbol), h("span", {}, words));
const call = ({ name: who, phone }) => link(who ? `${who}, ${phone}` : "Appeler", `tel:${phone.replace(/[^+\d]/g, "")}`, "phone");
const field = (label, facts, tag = "input") => h("label", { className: "field" }, h("span", {}, label), h(tag, facts));
const back = (stop) => big("Revenir", () => at(stop), "quiet");
const refusal = (words = "") => h("p", { className: "wrong", role: "alert" }, words);
const there = ({ lat, lon, name: words }) => link("Y aller", `geo:${lat},${lon}?q=${lat},${lon}(${encodeURIComponent(words)})`, "navigation");
const stamp = () => new Date().toISOString();
const euros = (cents) => `${(cents / 100).toFixed(2).replace(".", ",")} €`;
const clock = (moment) => new Date(moment).toLocaleTimeString("fr-FR", { hour: "numeric", minute: "2-digit" }).replace(":", " h ");
const some = (n, one, many = `${one}s`) => `${n} ${n < 2 ? one : many}`;

function show(title, under, hour, main, foot = []) {
  const fresh = shown !== `${title}${under}`;
  shown = `${title}${under}`;
  part("title").textContent = french(title);
  part("under").textContent = french(under);
  part("hour").textContent = french(hour);
  part("main").replaceChildren(...main.flat().filter(Boolean));
  const buttons = [undoBar(), ...foot].flat().filter(Boolean);
  part("foot").replaceChildren(...buttons);
  if (fresh) {
    scrollTo(0, 0);
    part("main").focus({ preventScroll: true });
  }
  tell();
}

function undoBar() {
  if (!undoable || Date.now() > undoable.until) return null;
  return h("div", { className: "undo", role: "status" }, h("span", {}, undoable.words), big("Annuler", () => undo(undoable.acts, undoable.place), "outline", "undo-2"));
}

// The state of the network, in a sentence.
function tell() {
  const waits = held ? held.acts.filter((act) => !act.sent).length : 0;
  const acts = some(waits, "acte");
  const words = over || (!kept ? "Ce navigateur refuse de garder la tournée : restez avec du réseau, ou prenez la feuille"
    : away ? `Pas de réseau : tout est gardé ici${waits ? `, ${acts} à envoyer` : ""}`
    : waits ? `Envoi de ${acts}`
    : guarded ? "Tout est envoyé, tout est gardé ici" : "La tournée s’enregistre sur ce téléphone");
  const late = wrongClock ? `. L’horloge de ce téléphone a ${span(wrongClock)} ${wrongClock > 0 ? "d’avance" : "de retard"} : les deux heures sont notées` : "";
  const sentence = french(words + late);
  const net = part("net");
  net.hidden = !held && !over;
  net.className = `net${away || !kept || over || wrongClock ? " net--away" : ""}`;
  if (net.textContent !== sentence) net.replaceChildren(icon(away || !kept ? "cloud-off" : "cloud"), h("span", {}, sentence));
}
const span = (ms) => (Math.abs(ms) < 5_400_000 ? `${Math.round(Math.abs(ms) / 60_000)} min` : `${Math.round(Math.abs(ms) / 3_600_000)} h`);

// --- what was done

const stops = () => held.round.stops;
const standing = () => { const out = new Set(held.acts.map((act) => act.undoes)); return held.acts.filter((act) => act.kind !== "undo" && !out.has(act.uuid) && !act.refused); };
const did = (kind) => standing().find((act) => act.kind === kind);
function outcomes(stop) {
  const numbers = new Set([...stop.orders, ...stop.before].map((order) => order.id));
  return standing().filter((act) => (numbers.has(act.order_id) && WORDS[act.kind]) || (act.kind === "left" && act.place === stop.place));
}
function done(stop) {
  const said = outcomes(stop);
  return stop.orders.length ? stop.orders.every((order) => said.some((act) => act.order_id === order.id)) : said.some((act) => act.kind === "left");
}

const paid = (stop) => standing().filter((each) => each.place === stop.place && each.cents);

let saving = Promise.resolve();
function save() {
  if (!kept || !held) return saving;
  saving = saving.then(async () => {
    if (!held) return;
    const waiting = held.acts.filter((act) => !act.sent).length;
    await store.write(name, { salt, ...(await store.seal(key, held)), until: held.until, waiting });
  }).catch(() => { kept = false; tell(); });
  return saving;
}

// Kept before anything else happens; sent as soon as may be.
async function act(stop, said, words = "") {
  const said_at = stamp();
  const fresh = said.map((each) => ({ uuid: crypto.randomUUID(), said_at, ...(stop && { stop_id: stop.id, place: stop.place }), ...each }));
  held.acts.push(...fresh);
  if (words) {
    undoable = { words, acts: fresh.map((each) => each.uuid), place: stop?.place, until: Date.now() + LEFT_OPEN };
    setTimeout(() => Date.now() > (undoable?.until ?? 0) && document.querySelector(".undo")?.remove(), LEFT_OPEN + 50);
  }
  await save();
  sync();
  return fresh;
}

async function undo(which, place) {
  undoable = null;
  const stop = stops().find((each) => each.place === place);
  await act(stop, which.map((each) => ({ kind: "undo", undoes: each })));
  stop ? at(stop) : next();
}

// --- the network

async function ask(where, body, pass) {
  const stopper = new AbortController();
  const timer = setTimeout(() => stopper.abort(), 20_000);
  try {
    const headers = { "Content-Type": "application/json", ...(pass && { Authorization: `Bearer ${pass}` }) };
    const answer = await fetch(where, { method: "POST", headers, body: JSON.stringify(body), credentials: "omit", signal: stopper.signal });
    return { status: answer.status, ...(await answer.json()) };
  } catch {
    return { status: 0 };
  } finally {
    clearTimeout(timer);
  }
}

async function sync() {
  if (busy || !held || over) return;
  busy = true;
  const batch = held.acts.filter((each) => !each.sent).slice(0, 200);
  const plain = batch.map(({ place, sent, topic, refused, ...each }) => each);
  const topics = Object.fromEntries(batch.filter((each) => each.topic).map((each) => [each.uuid, each.topic]));
  const answer = await ask("actes", { sent_at: stamp(), mark: held.round.mark, acts: plain, topics }, held.pass);
  busy = false;
  away = answer.status === 0 || answer.status >= 500;
  if (answer.status === 200) {
    for (const { uuid: which, state, sentence } of answer.answers) {
      const one = held.acts.find((each) => each.uuid === which);
      if (one) Object.assign(one, { sent: true }, state === "refused" && { refused: sentence });
    }
    const skew = Date.now() - answer.now;
    wrongClock = Math.abs(skew) > 120_000 ? skew : 0;
    held.fresh = answer.round ?? null;
    held.lost = !answer.mine;
    await save();
    banner();
    if (held.acts.some((each) => !each.sent)) return sync();
    if (did("return")) return finish();
  } else if (answer.status === 401) {
    over = answer.sentence;
  }
  tell();
}

// The round is over: nothing of it stays.
async function finish() {
  const { pass } = held;
  await saving;
  await ask("actes", { sent_at: stamp(), acts: [], ended: true }, pass);
  held = null;
  if (kept) await store.wipe(name);
  undoable = null;
  over = "Tout est envoyé, rien n’est resté sur ce téléphone";
  show("Tournée finie", "", "", [h("h2", {}, "Merci, bonne fin de journée"), told("finished")]);
}

// --- screens

const head = () => `Tournée ${held.round.letter}, version ${held.round.version}`;

function banner() {
  document.querySelector(".fresh")?.remove();
  const refused = held.acts.filter((each) => each.refused && !each.read);
  if (refused.length) part("main").prepend(h("section", { className: "fresh card card--warn" }, h("strong", {}, "Le dépôt n’a pas pu noter"), [...new Set(refused.map((each) => each.refused))].map((words) => h("p", {}, words)), big("J’ai lu", () => { refused.forEach((each) => { each.read = true; }); save(); banner(); })));
  else if (held.fresh) part("main").prepend(h("section", { className: "fresh" }, big("La tournée a changé au dépôt : voir", changes, "warn", "triangle-alert")));
  else if (held.lost) part("main").prepend(h("section", { className: "fresh card card--warn" }, told("lost")));
}

function next() {
  if (!did("start")) return start();
  const from = Math.max(0, stops().findIndex((stop) => stop.place === held.at));
  const left = [...stops().slice(from), ...stops().slice(0, from)].find((stop) => !done(stop));
  left ? at(left) : home();
}

function start() {
  const { departure, back, day, letter, name: called } = held.round;
  const due = stops().reduce((sum, stop) => sum + stop.cents, 0);
  show(`Tournée ${letter}, ${called}`, day, departure, [
    h("dl", { className: "todo" }, line("Partir", departure), line("Arrêts", some(stops().length, "arrêt")), line("Rentrer", back), due && line("Encaisser", euros(due), "en tout", true)),
    onward(stops()[0], "D’abord"),
  ], [big("Je pars", async () => { await act(null, [{ kind: "start" }]); next(); }, "main", "navigation")]);
  banner();
}

const line = (verb, strong, words = "", pay = false) => h("div", { className: pay ? "pay" : "" }, h("dt", {}, verb), h("dd", {}, strong && h("strong", {}, strong), strong && words && ", ", words));
const onward = (stop, words = "Ensuite") => h("button", { type: "button", className: "onward", onclick: list }, h("span", {}, stop ? `${words}, ` : "Tous les arrêts", stop && h("strong", {}, stop.hour), stop && ` : ${stop.name}, ${stop.commune}`), icon("chevron-right"));

function at(stop) {
  held.at = stop.place;
  save();
  const index = stops().indexOf(stop);
  const farm = stop.kind === "farm";
  const after = stops().slice(index + 1).find((each) => !done(each));
  const said = outcomes(stop);
  const main = [
    h("h2", {}, stop.name),
    h("p", { className: "where" }, stop.address),
    stop.find && h("p", { className: "where" }, stop.find),
    h("div", { className: "pair" }, there(stop), stop.call[0] && call({ ...stop.call[0], name: "" })),
    stop.notes.length > 0 && h("ul", { className: "notes" }, stop.notes.map((note) => h("li", {}, icon(note.icon || "info"), h("span", {}, note.words)))),
    h("dl", { className: "todo" }, stop.todo.map(({ verb, strong, words }) => line(verb, strong, words, verb === "Encaisser" && stop.cents > 0))),
    stop.goods.length > 0 && h("ul", { className: "goods" }, stop.goods.map((words) => h("li", {}, words))),
    onward(after),
  ];
  const full = `Arrêt ${stop.n} sur ${stops().length}`;
  if (done(stop)) {
    const first = said[0];
    const kinds = [...new Set(said.map((each) => WORDS[each.kind]))].join(", ");
    return show(full, head(), stop.hour, main, [h("p", { className: "said" }, icon("check"), h("span", {}, `Noté : ${kinds}, à ${clock(first.said_at)}`)), h("div", { className: "pair" }, big("Corriger", () => undo([...said, ...paid(stop)].map((each) => each.uuid), stop.place), "outline", "undo-2"), big("Suivant", next, "outline", "chevron-right"))]) ?? banner();
  }
  const rest = big("Autre chose", () => more(stop), "quiet", "chevron-right");
  const plain = !stop.orders.length;
  show(full, head(), stop.hour, main, [
    big(farm ? "Chargé" : plain ? "C’est fait" : "Livré", () => deliver(stop, plain), "main", "check"),
    !plain && h("div", { className: "pair" }, big("Livré autrement", () => otherwise(stop), "outline"), big("Pas de réponse", () => silent(stop), "brick")),
    rest,
  ]);
  banner();
}

const left = (stop) => { const said = outcomes(stop); return stop.orders.filter((order) => !said.some((each) => each.order_id === order.id)); };
const whom = (stop) => (stop.kind === "home" ? stop.name : `${stop.name}, ${stop.commune}`);

const outcome = (orders, kind, more) => orders.map((order) => ({ kind, order_id: order.id, ...more }));

async function settle(stop, said, words) {
  await act(stop, said, `${words} : ${whom(stop)}`);
  next();
}

async function deliver(stop, plain) {
  const said = plain ? [{ kind: "left" }] : outcome(left(stop), "delivered");
  if (stop.cents && !plain) return money(stop, said);
  await settle(stop, said, plain ? "Fait" : "Livré");
}

// What is left and what is paid are one act with one undo.
function money(stop, said) {
  const pay = (kind, cents) => settle(stop, [...said, ...(kind ? [{ kind, cents }] : [])], said.length ? "Livré" : "Encaissé");
  const other = h("input", { inputMode: "decimal", autocomplete: "off", value: (stop.cents / 100).toFixed(2).replace(".", ",") });
  const wrong = refusal();
  const cents = () => (/^\d{1,4}([.,]\d{1,2})?$/.test(other.value.trim()) ? Math.round(Number(other.value.trim().replace(",", ".")) * 100) : 0);
  const take = (kind) => (cents() > 0 ? pay(kind, cents()) : (wrong.textContent = french("Écrivez la somme, par exemple 18,40.")));
  show(`Encaisser ${euros(stop.cents)}`, stop.name, "", [wrong, h("label", { className: "field" }, h("span", {}, "Somme reçue, en euros"), other), ...MONEY.map(([kind, words]) => big(`Reçu ${words}`, () => take(kind), "outline", "coins")), big("Rien encaissé", () => pay(null), "brick"), back(stop)]);
}

function otherwise(stop) {
  const words = field("Chez qui, ou où ?", { maxLength: 200, autocomplete: "off" });
  show("Livré autrement", stop.name, "", [words, ...HOW.map(([how, label]) => big(label, () => settle(stop, outcome(left(stop), "delivered otherwise", { how, words: words.lastChild.value.trim() }), "Livré autrement"))), back(stop)]);
}

function silent(stop) {
  const people = [...stop.call, ...stop.contacts, ...(held.round.phone ? [{ name: "Le dépôt", phone: held.round.phone }] : [])];
  show("Pas de réponse", stop.name, "", [told("silent"), ...people.map((one) => call({ ...one, name: one.name || stop.name })), back(stop)], [big("Noter : pas de réponse", () => settle(stop, outcome(left(stop), "no answer"), "Pas de réponse"), "brick")]);
}

function more(stop) {
  const all = left(stop);
  const one = (order, choices) => h("section", { className: "card" }, h("h3", {}, `n° ${order.number}${order.name ? `, ${order.name}` : ""}`), h("div", { className: "pair" }, choices.map(([kind, words]) => big(words, async () => { await act(stop, [{ kind, order_id: order.id }], `${words} : n° ${order.number}`); done(stop) ? next() : more(stop); }))));
  const told = outcomes(stop);
  const many = stop.orders.length > 1 ? all.map((order) => one(order, [["delivered", "Livrée"], ["missing", "Manquante"], ["refused", "Refusée"]])) : [];
  const waiting = stop.before.filter((order) => !told.some((each) => each.order_id === order.id)).map((order) => one({ ...order, name: "non retirée" }, [["taken back", "Reprise"], ["collected", "Retirée"]]));
  show("Autre chose", stop.name, "", [
    all.length > 0 && h("div", { className: "pair" }, big("Refusé", () => settle(stop, outcome(all, "refused"), "Refusé"), "brick"), big("Manquant", () => settle(stop, outcome(all, "missing"), "Manquant"), "brick")),
    ...many, ...waiting,
    stop.code && big("Lire le code de la porte", (event) => readCode(stop, event.currentTarget), "outline", "key-round"),
    big("Vides repris", () => empties(stop), "outline", "package"),
    stop.cents > 0 && big("Encaisser", () => money(stop, []), "outline", "coins"),
    big("Signaler", () => report(stop), "outline", "flag"),
    big("Je suis arrivé", async () => { await act(stop, [{ kind: "arrived" }], "Arrivé"); at(stop); }, "outline", "map-pin"),
    back(stop),
  ]);
}

// Read with a network only, shown while this screen is, kept nowhere.
async function readCode(stop, button) {
  const answer = await ask("code", { stop: stop.id }, held.pass);
  const words = answer.words ?? answer.sentence ?? "Le code se lit avec du réseau, ou sur la feuille des codes.";
  button.replaceWith(h("p", { className: "card code", role: "status" }, words));
}

function empties(stop) {
  const wrong = refusal();
  const count = field("Combien de vides ?", { inputMode: "numeric", autocomplete: "off", maxLength: 3 });
  show("Vides repris", stop.name, "", [wrong, count, big("Noter", async () => {
    const n = Number(count.lastChild.value);
    if (!Number.isInteger(n) || n < 1) return (wrong.textContent = "Écrivez un nombre, par exemple 6.");
    await act(stop, [{ kind: "empties", count: n }], some(n, "vide repris", "vides repris"));
    at(stop);
  }, "main"), back(stop)]);
}

function report(stop) {
  const wrong = refusal();
  const words = field("Ce qu’il faut changer ou savoir", { maxLength: 500, rows: 4 }, "textarea");
  const send = (topic) => async () => {
    if (!words.lastChild.value.trim()) return (wrong.textContent = "Écrivez ce qu’il faut savoir.");
    await act(stop, [{ kind: "signalled", words: words.lastChild.value.trim(), ...(topic && { topic }) }], "Signalé");
    at(stop);
  };
  const topics = stop.kind === "home" ? [["notes", "À la porte"], ["phone", "Le téléphone"], ["address", "L’adresse"]] : [["", "Envoyer au dépôt"]];
  show("Signaler", stop.name, "", [told("report"), wrong, words, stop.kind === "home" && h("h3", {}, "Cela concerne"), ...topics.map(([topic, label]) => big(label, send(topic), "outline", "flag")), back(stop)]);
}

function list() {
  const rows = stops().map((stop) => h("li", {}, h("button", { type: "button", className: `row row--${stop.kind}${done(stop) ? " row--done" : ""}`, onclick: () => at(stop) }, h("span", { className: "mark" }, h("span", {}, stop.n)), h("span", {}, h("strong", {}, stop.hour), ` ${stop.name}, ${stop.commune}`, done(stop) && h("small", {}, [...new Set(outcomes(stop).map((each) => WORDS[each.kind]))].join(", "))))));
  const count = stops().filter(done).length;
  show("Tous les arrêts", `${some(count, "fait")} sur ${stops().length}`, held.round.back, [h("ol", { className: "rows" }, rows), did("start") && big("Rentrer au dépôt", home, "outline"), big("Revenir", next, "quiet")]);
}

function home() {
  const missing = stops().filter((stop) => !done(stop)).length;
  const { depot, back } = held.round;
  show(missing ? "Rentrer au dépôt" : "Tous les arrêts sont faits", head(), back, [
    missing > 0 && h("p", { className: "card card--warn" }, `${some(missing, "arrêt n’a", "arrêts n’ont")} pas encore d’issue : notez ${missing < 2 ? "la" : "les"} d’abord, ou dites-le au dépôt.`),
    told("home"),
    depot.lat && there(depot),
    onward(null),
  ], [big("Je suis rentré", async () => { undoable = null; await act(null, [{ kind: "return" }]); if (held) waitForEnd(); }, "main", "check")]);
}

function waitForEnd() {
  show("Presque fini", head(), "", [told("waits"), big("Essayer maintenant", sync, "outline", "refresh-cw")]);
}

// What staff changed meanwhile: shown, and taken only when the driver says so.
function changes() {
  const before = new Map(stops().map((stop) => [stop.place, stop]));
  const after = new Map(held.fresh.stops.map((stop) => [stop.place, stop]));
  const rest = ({ id, n, hour, ...more }) => JSON.stringify(more);
  const lines = [
    ...[...after.values()].filter((stop) => !before.has(stop.place)).map((stop) => `Ajouté : ${stop.name}, ${stop.commune}, ${stop.hour}`),
    ...[...before.values()].filter((stop) => !after.has(stop.place)).map((stop) => `Enlevé : ${stop.name}, ${stop.commune}`),
    ...[...after.values()].flatMap((stop) => { const was = before.get(stop.place); return !was ? [] : [was.hour !== stop.hour && `${stop.name} : ${was.hour}, maintenant ${stop.hour}`, was.n !== stop.n && was.hour === stop.hour && `${stop.name} : arrêt ${was.n}, maintenant ${stop.n}`, rest(was) !== rest(stop) && `${stop.name} : ce qui se fait à cet arrêt a changé`].filter(Boolean); }),
  ];
  const { version } = held.fresh;
  show("La tournée a changé", head(), "", [told("changed"), h("ul", { className: "notes" }, (lines.length ? lines : ["Le départ, le retour ou le dépôt"]).map((words) => h("li", {}, icon("triangle-alert"), h("span", {}, words))))], [
    big(`Prendre la version ${version}`, async () => { held.round = held.fresh; held.fresh = null; await save(); next(); }, "main", "check"),
    big("Garder la mienne pour l’instant", next, "outline"),
  ]);
}

// --- opening

function door(record, sentence = "") {
  const wrong = refusal(sentence);
  const pin = field("Vos six chiffres", { inputMode: "numeric", type: "password", autocomplete: "off", maxLength: 6, id: "pin" });
  const go = h("button", { className: "big big--main" }, h("span", {}, "Ouvrir ma tournée"));
  const form = h("form", { noValidate: true }, wrong, pin, go);
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    const said = await unlock(record, pin.lastChild.value.trim());
    go.disabled = false;
    if (!said) return next();
    wrong.textContent = french(said);
    pin.lastChild.select();
  };
  show("Ma tournée", record ? "gardée sur ce téléphone" : "une première fois, avec du réseau", "", [told("door"), form]);
  pin.lastChild.focus();
}

async function unlock(record, pin) {
  if (!/^\d{6}$/.test(pin)) return "Il faut six chiffres.";
  if (record) {
    key = await store.keyOf(token, pin, (salt = record.salt));
    held = await store.open(key, record).catch(() => null);
    if (held) { await settled(); return ""; }
    record.bad = (record.bad ?? 0) + 1;
    const last = record.bad >= 5 && !record.waiting;
    await (last ? store.wipe(name) : store.write(name, record));
    if (last) setTimeout(() => location.reload(), 3_000);
    return last ? "Cinq essais : la tournée est effacée d’ici. Rouvrez-la avec du réseau." : "Ces six chiffres ne sont pas les vôtres.";
  }
  const answer = await ask("ouvrir", { round: Number(round), token, pin });
  if (answer.status === 0) return "Pas de réseau : la tournée s’ouvre une première fois avec du réseau.";
  if (answer.status !== 200) return answer.sentence ?? "Cela n’a pas marché. Réessayez, ou appelez le dépôt.";
  salt = store.newSalt();
  key = await store.keyOf(token, pin, salt);
  held = { pass: answer.token, until: answer.until, round: answer.round, acts: answer.acts.map((each) => ({ ...each, sent: true })) };
  wrongClock = Math.abs(Date.now() - answer.now) > 120_000 ? Date.now() - answer.now : 0;
  await save();
  await settled();
  return "";
}

async function settled() {
  navigator.serviceWorker.ready.then(() => { guarded = true; tell(); });
  navigator.storage?.persist?.();
  if (Date.now() - wrongClock > held.until) {
    await sync();
    if (!held || held.acts.every((each) => each.sent)) await store.wipe(name);
  } else sync();
}

const say = (which) => part("main").replaceChildren(told(which));

async function begin() {
  if (!token) return say("scan");
  if (!store.able()) return;
  navigator.serviceWorker.register("gardien.js").catch(() => {});
  name = await store.nameOf(token);
  let record;
  try {
    await store.wipeOld(Date.now());
    record = await store.read(name);
  } catch {
    kept = false;
    notice = told("unkept").textContent;
  }
  door(record, notice);
  setInterval(sync, 30_000);
  addEventListener("online", sync);
  addEventListener("offline", () => { away = true; tell(); });
  addEventListener("hashchange", () => location.reload());
  document.addEventListener("visibilitychange", () => document.hidden || sync());
}

// Two pages on one round would each keep their own: the second one waits.
if (navigator.locks && token) {
  navigator.locks.request(`tournee-${token}`, { ifAvailable: true }, (lock) => {
    if (!lock) return say("twice");
    begin();
    return new Promise(() => {});
  });
} else begin();
