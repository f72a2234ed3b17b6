// Keeps the page usable without a network after the first visit: what the network gives is kept, and what it does not
// give comes from what was kept. Answers of a relay are never kept.
const KEPT = "terrarium-page";

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keepAll());
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  // The page looks for another build with `no-store`, which is of this moment or nothing.
  const { method, url, cache } = event.request;
  const path = new URL(url).pathname;
  const own = url.startsWith(self.registration.scope) && /(\/|\.(html|js|wasm|css|svg|png|webmanifest)|\/(lessons|de|sw)\.json)$/.test(path);
  if (method === "GET" && own && cache !== "no-store") event.respondWith(fromNetworkOrKept(event.request));
});

/** The page and what it names, for the visit after the first one. */
async function keepAll() {
  const page = await (await fetch("./")).text();
  const named = [...page.matchAll(/["'`=](?:\.\/)?([\w-]+\.(?:js|wasm|css|svg|png|webmanifest))(?=["'`\s>])/g)].map(([, name]) => name);
  // As index.html chooses; the table of a language that somebody chose later is kept when the page asks for it.
  const language = navigator.languages.map((it) => it.slice(0, 2).toLowerCase()).find((it) => ["en", "de", "sw"].includes(it));
  const table = language && language !== "en" ? [`${language}.json`] : [];
  const kept = await caches.open(KEPT);
  await kept.addAll([...new Set(["./", "lessons.json", ...table, ...named])]);
}

async function fromNetworkOrKept(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok) {
      await kept.put(request, answer.clone());
      forgetOldBuilds(kept);
    }
    return answer;
  } catch (error) {
    const known = await kept.match(request, { ignoreSearch: true });
    // A new answer has no address of its own, so that a worker keeps the one it was asked for by, with what that names.
    if (known) return new Response(known.body, { status: known.status, headers: known.headers });
    throw error;
  }
}

/** Files of other builds have other hashes in their names: only the newest of each name is kept. */
async function forgetOldBuilds(kept) {
  const seen = new Set();
  for (const request of (await kept.keys()).reverse()) {
    const name = new URL(request.url).pathname.replace(/-[0-9a-f]{16}(?=[._])/, "");
    if (seen.has(name)) await kept.delete(request);
    seen.add(name);
  }
}
