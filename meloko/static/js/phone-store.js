// Keeps a round on the telephone, whole and sealed: AES-GCM under a key made from the token of the sheet and the PIN.

const DATABASE = "meloko-tournee";
const TURNS = 600_000;
const bytes = (words) => new TextEncoder().encode(words);

export const able = () => Boolean(globalThis.crypto?.subtle && crypto.randomUUID && globalThis.indexedDB && "serviceWorker" in navigator);

// The same round under the code of any of its sheets, without its token being written anywhere.
export async function nameOf(token) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(token)));
  return [...digest.slice(0, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const newSalt = () => crypto.getRandomValues(new Uint8Array(16));

export async function keyOf(token, pin, salt) {
  const base = await crypto.subtle.importKey("raw", bytes(`${token}.${pin}`), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: TURNS };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

export async function seal(key, thing) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, body: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes(JSON.stringify(thing))) };
}

// Throws when the key is not the one it was sealed with.
export async function open(key, { iv, body }) {
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, body)));
}

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function within(mode, act) {
  const asked = indexedDB.open(DATABASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("rounds");
  const database = await settled(asked);
  try {
    const transaction = database.transaction("rounds", mode);
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const result = await settled(act(transaction.objectStore("rounds")));
    await ended;
    return result;
  } finally {
    database.close();
  }
}

export const read = (name) => within("readonly", (rounds) => rounds.get(name));
export const write = (name, record) => within("readwrite", (rounds) => rounds.put(record, name));
export const wipe = (name) => within("readwrite", (rounds) => rounds.delete(name));

// What has ended is wiped, whichever round is opened; what still waits for a network gets a day more.
export async function wipeOld(at) {
  for (const name of await within("readonly", (rounds) => rounds.getAllKeys())) {
    const { until, waiting } = await read(name);
    if (at > until + (waiting ? 86_400_000 : 0)) await wipe(name);
  }
}
