// Keeps the page live. The server draws; this only puts new drawings in place without disturbing whoever is reading,
// counts down times, and sends wishes. Without it the page is complete, only not live.

const body = document.body;
const wall = document.getElementById("wall");
const pulse = document.getElementById("pulse");
const toasts = document.getElementById("toasts");
const dialog = document.getElementById("confirm");
const said = body.dataset;
const language = said.language;
// The daemon's clock counts, not this browser's.
const ahead = Date.parse(said.now) - Date.now();
const now = () => Date.now() + ahead;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: said.zone });
const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: said.zone });

// --- putting a new drawing in place: only what differs is touched, so focus, selection and open menus stay

function put(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE || old.isEqualNode(fresh)) return;
  attributes(old, fresh);
  const [have, want] = [[...old.childNodes], [...fresh.childNodes]];
  want.forEach((node, i) => (i < have.length ? put(have[i], node) : old.append(node)));
  have.slice(want.length).forEach((node) => node.remove());
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function show({ room, html }) {
  const old = document.getElementById(`room-${room}`);
  const fresh = parsed(html);
  if (old) put(old, fresh);
  else if (!said.watch) wall.append(fresh);
  relative();
}

// A card that somebody is using stays where it is until he lets go of it.
function order(rooms) {
  if (said.watch || wall.querySelector(":focus-visible, details[open]")) return;
  const cards = rooms.map((room) => document.getElementById(`room-${room}`)).filter(Boolean);
  cards.forEach((card, i) => { if (wall.children[i] !== card) wall.insertBefore(card, wall.children[i] ?? null); });
}

// --- the stream

let heard = Date.now();
function state(word) {
  pulse.dataset.state = word;
  body.classList.toggle("away", word === "lost");
  const text = word === "live" ? said.live : said.lost.replace("{}", seconds.format(heard + ahead));
  if (pulse.textContent !== text) pulse.textContent = text;
}

function listen() {
  const parameters = new URLSearchParams({ lang: language });
  if (said.watch) parameters.set("room", said.watch);
  const stream = new EventSource(`/api/v1/stream?${parameters}`);
  const on = (kind, act) => stream.addEventListener(kind, (event) => { heard = Date.now(); state("live"); act(JSON.parse(event.data)); });
  on("room", show);
  on("order", order);
  stream.onopen = () => { heard = Date.now(); state("live"); };
  stream.onerror = () => {
    state("lost");
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
  addEventListener("pagehide", () => stream.close());
}

// --- times

const units = language === "zh" ? ["天", "小时", "分钟", "秒"] : [" d", " h", " min", " s"];
function span(s) {
  if (s >= 172800) return Math.round(s / 86400) + units[0];
  if (s >= 5400) return Math.floor(s / 3600) + units[1] + (Math.floor((s % 3600) / 60) ? ` ${Math.floor((s % 3600) / 60)}${units[2]}` : "");
  return s >= 90 ? Math.round(s / 60) + units[2] : Math.floor(s) + units[3];
}
function relative() {
  for (const time of document.querySelectorAll("time[data-rel]")) {
    const s = (Date.parse(time.dateTime) - now()) / 1000;
    const text = (s >= 0 ? said.in : said.ago).replace("{}", span(Math.abs(s)));
    if (time.textContent !== text) time.textContent = text;
  }
  const shown = document.getElementById("clock");
  shown.textContent = clock.format(now());
  shown.dateTime = new Date(now()).toISOString();
}

// --- wishes

function tell(text, bad) {
  const toast = document.createElement("p");
  toast.className = bad ? "toast bad" : "toast";
  toast.textContent = text;
  toasts.append(toast);
  setTimeout(() => toast.remove(), bad ? 12000 : 5000);
}

function sure(text) {
  document.getElementById("confirm-text").textContent = text;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

async function wish(button, confirm) {
  const { action, room, args } = button.dataset;
  const id = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const waits = !["test", "fallback"].includes(action);
  button.disabled = true;
  try {
    const answer = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}/${action}?wait=${waits}`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": id },
      body: JSON.stringify({ args: JSON.parse(args), ...(confirm ? { confirm } : {}) }),
    });
    const result = await answer.json();
    const words = result.said?.[language] ?? result.detail ?? answer.status;
    if (result.state === "confirm_required" && (await sure(words))) return wish(button, result.confirm);
    tell(words, !answer.ok || !["accepted", "done"].includes(result.state));
  } catch {
    tell(said.unreachable, true);
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-action]");
  if (!button) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    return;
  }
  if (button.dataset.ask && !(await sure(button.dataset.ask))) return;
  button.closest("details.menu")?.removeAttribute("open");
  wish(button);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});

relative();
setInterval(relative, 1000);
if (wall) listen();
