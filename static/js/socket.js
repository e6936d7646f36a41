// One WebSocket that comes back by itself. Close codes: 40xx come back, 42xx act first, 44xx stop
// (4429 for as long as the server says).

const MOST_MS = 30_000;

/**
 * Open a socket and keep it open.
 * path: address on this site. hello: function returning the first frame, or null for none.
 * onFrame(frame): each JSON frame. onState(state, code): "open", "away" (will come back), "closed".
 * Returns {send(frame) -> boolean, close()}.
 */
export function keepOpen(path, { hello = () => null, onFrame, onState = () => {}, protocol } = {}) {
  let socket = null;
  let tries = 0;
  let openedAt = 0;
  let heardAt = 0;
  let beatMs = 25_000;
  let over = false;
  let holdMs = 0;
  let timer = 0;

  function open() {
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    socket = protocol ? new WebSocket(url, protocol) : new WebSocket(url);
    socket.onopen = () => {
      openedAt = heardAt = Date.now();
      const first = hello();
      if (first) send(first);
      onState("open");
    };
    socket.onmessage = (event) => {
      heardAt = Date.now();
      let frame;
      try {
        frame = JSON.parse(event.data);
      } catch {
        return;
      }
      if (frame.t === "welcome" && frame.hb_ms) beatMs = frame.hb_ms;
      if (frame.t === "bye") holdMs = frame.retry_ms || 0;
      if (frame.t !== "pong") onFrame(frame);
    };
    socket.onclose = (event) => {
      if (over) return;
      if (openedAt && Date.now() - openedAt > 60_000) tries = 0;
      // 4429 stops for as long as the server said; the others of 42xx and 44xx for good.
      const waits = event.code === 4429 && holdMs > 0;
      if (event.code >= 4200 && event.code < 4500 && !waits) {
        over = true;
        onState("closed", event.code);
        return;
      }
      onState("away", event.code);
      // Full jitter: after a restart not everybody comes back in the same moment.
      const wait = holdMs + Math.random() * Math.min(MOST_MS, 1000 * 2 ** tries);
      holdMs = 0;
      tries += 1;
      timer = setTimeout(open, wait);
    };
  }

  function send(frame) {
    if (!socket || socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  setInterval(() => {
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    const silent = Date.now() - heardAt;
    if (silent > beatMs + 10_000) socket.close(4009);
    else if (silent > beatMs) send({ t: "ping", n: heardAt });
  }, 5_000);
  addEventListener("online", () => {
    if (over || (socket && socket.readyState <= WebSocket.OPEN)) return;
    clearTimeout(timer);
    open();
  });
  open();

  return {
    send,
    close() {
      over = true;
      socket.close(1000);
    },
  };
}
