// Answers for the driver's page when there is no network. It keeps the page, its styles, faces and scripts: no round.

const KEPT = "meloko-tournee";
const PAGE = new URL("./", self.location).href;

async function ask(address) {
  const answer = await fetch(address, { cache: "no-cache", credentials: "omit" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

// The page is put in last: what it names is there before.
async function renew() {
  const cache = await caches.open(KEPT);
  const page = await ask(PAGE);
  const named = (words, pattern, base) => [...words.matchAll(pattern)].map((found) => new URL(found[1], base).href);
  const wanted = new Set(named(await page.clone().text(), /(?:href|src)="([^"#]*\/static\/[^"#]+)"/g, PAGE));
  for (const address of [...wanted]) {
    if ((await cache.match(address)) === undefined) await cache.put(address, await ask(address));
    if (!address.includes(".css")) continue;
    const style = await (await cache.match(address)).text();
    for (const face of named(style, /url\("([^"]+)"\)/g, address)) {
      wanted.add(face);
      if ((await cache.match(face)) === undefined) await cache.put(face, await ask(face));
    }
  }
  await cache.put(PAGE, page);
  for (const old of await cache.keys()) if (old.url !== PAGE && !wanted.has(old.url)) await cache.delete(old);
}

self.addEventListener("install", (event) => event.waitUntil(renew().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && request.url.split("#")[0] === PAGE) {
    const fresh = renew().catch(() => {});
    event.waitUntil(fresh);
    event.respondWith(caches.match(PAGE).then((kept) => kept ?? fetch(request)));
  } else if (request.url.includes("/static/")) {
    event.respondWith(caches.match(request.url).then((kept) => kept ?? fetch(request)));
  }
});
