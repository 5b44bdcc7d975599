(() => {
  const show = (count) => {
    for (const place of document.querySelectorAll("[data-bell-count]")) {
      place.textContent = count > 99 ? "99+" : String(count);
      place.hidden = count === 0;
    }
  };
  const listen = () => {
    const events = new EventSource("/account/notifications/live");
    events.addEventListener("unread", (event) => show(Number(event.data)));
    // A page that is left for another one closes its stream; one that comes back from the cache opens it again.
    addEventListener("pagehide", () => events.close(), { once: true });
  };
  // The page wakes up first: what it finds must be what the server wrote.
  const begin = () => setTimeout(listen, 1_000);
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
  addEventListener("pageshow", (event) => event.persisted && listen());
})();
