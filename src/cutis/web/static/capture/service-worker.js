// For the pages of participants alone: sends photos that wait, and shows pages where there is no network.
import { ASSETS, PAGES, flush } from "/static/capture/queue.js";

const SLOW = 5000; // milliseconds after which a kept page is shown instead

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("sync", (event) => {
  if (event.tag !== "photos") return;
  // An error makes the browser try again, when it sees fit.
  event.waitUntil(
    flush().then((outcome) => {
      if (outcome === "offline" || outcome === "later") throw new Error(outcome);
    }),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(request.method === "GET" && kept(address.pathname) ? shown(request) : brought(request));
  } else if (request.method !== "GET") {
    return;
  } else if (address.pathname.startsWith("/static/") || /^\/take-part\/(quality\.js|model\/)/.test(address.pathname)) {
    event.respondWith(file(request, address));
  }
});

const kept = (path) => path === "/take-part" || /^\/take-part\/visits\/[^/]+$/.test(path);

async function shown(request) {
  const pages = await caches.open(PAGES);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(SLOW) });
    if (answer.ok && answer.type === "basic" && !answer.redirected)
      await pages.put(request.url, answer.clone()).catch(() => {}); // full: it works without
    if (answer.status === 401) await caches.delete(PAGES); // the phone is not open for anybody any more
    return answer;
  } catch {
    return (await pages.match(request.url, { ignoreVary: true })) ?? brought(request);
  }
}

// What is not kept, and forms: without a network a page says so, in place of the browser's own.
async function brought(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const told = await (await caches.open(ASSETS)).match("/take-part/offline", { ignoreVary: true });
    if (told) return told;
    throw error;
  }
}

// What has its version in its address never changes; of the rest the newest counts, where there is a network.
async function file(request, address) {
  const assets = await caches.open(ASSETS);
  const there = await assets.match(request.url, { ignoreVary: true });
  const fixed = address.searchParams.has("v") || address.pathname.startsWith("/take-part/model/");
  if (there && fixed) return there;
  try {
    const answer = await fetch(request);
    if (answer.ok) assets.put(request.url, answer.clone()).catch(() => {}); // full: it works without
    return answer;
  } catch (error) {
    if (there) return there;
    throw error;
  }
}
