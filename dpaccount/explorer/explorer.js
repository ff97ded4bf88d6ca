// The fields ask, the server answers, the address keeps what was asked. No number is made here.
"use strict";

const form = document.querySelector("form");
const said = document.getElementById("said");
const ALL = ["number", "cost", "attackers", "basis"]; // what is answered
const QUIET = 700; // ms without a change before a screen reader is told
const SLOW = 400; // ms beyond which the ceilings wait until nothing changes any more
const LONG = 1000; // ms beyond which an answer is not waited for, once something else is asked
let asked = query();
let shown = query((field) => field.defaultValue); // what the page was made for
let arriving = document.readyState === "loading"; // its numbers may still be on their way
let running = false;
let slow = false;
let telling = 0;

document.documentElement.classList.add("scripted");

function query(text = (field) => field.value) {
  const fields = [...form.querySelectorAll("input[name]")];
  return new URLSearchParams(fields.map((field) => [field.name, text(field)])).toString();
}

// What is still on its way, or was cut off, is asked for anew.
function whole() {
  if (arriving) window.stop();
  arriving = false;
  for (const id of ALL.filter((id) => !document.getElementById(id))) {
    const place = document.createElement("section");
    place.id = id;
    document.querySelector("main").append(place);
    shown = "";
  }
}

function log(text) {
  const [above, below] = text.split("/");
  return Math.log(Number(above) / (below === undefined ? 1 : Number(below)));
}

// A slider stops at the value of its ladder that is nearest to what was typed.
function follow(slider) {
  const value = log(document.getElementById(slider.dataset.for).value);
  const ladder = slider.dataset.ladder.split(" ");
  if (!Number.isFinite(value)) return;
  const far = ladder.map((stop) => Math.abs(log(stop) - value));
  slider.value = far.indexOf(Math.min(...far));
  name(slider, ladder);
}

function name(slider, ladder) {
  slider.setAttribute("aria-valuetext", ladder[Number(slider.value)]);
}

function busy(is) {
  for (const id of ALL) {
    document.getElementById(id).setAttribute("aria-busy", is);
  }
}

function put(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  const open = document.getElementById("curve-numbers")?.open;
  const parts = [...made.content.children];
  if (!parts.length || !parts.every((part) => ALL.includes(part.id))) throw new Error("no answer");
  for (const part of parts) {
    document.getElementById(part.id).replaceWith(part);
  }
  const numbers = document.getElementById("curve-numbers");
  if (numbers && open) numbers.open = true;
  const wrong = document.querySelector("#number [data-field]")?.dataset.field;
  for (const field of form.querySelectorAll("input[name]")) {
    if (field.name === wrong) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

function stopped() {
  const line = document.createElement("p");
  line.className = "warning";
  line.setAttribute("role", "alert");
  line.textContent = "No answer: dpaccount serve has ended. Start it again, then change a number.";
  document.getElementById("number").replaceChildren(line);
  for (const id of ALL.slice(1)) document.getElementById(id).replaceChildren();
}

async function ask(part, query, signal) {
  const start = performance.now();
  const answer = await fetch(`/${part}?${query}`, { signal });
  const html = await answer.text();
  return { ok: answer.ok, html, took: performance.now() - start };
}

// Both at once; slow ceilings only where nothing else is asked by then.
async function answered(now, signal) {
  const cost = ask("cost", now, signal);
  let attackers = slow ? null : ask("attackers", now, signal);
  attackers?.catch(() => {}); // told where it is waited for
  const first = await cost;
  put(first.html);
  if (!first.ok || (slow && asked !== now)) return;
  attackers ??= ask("attackers", now, signal);
  const second = await attackers;
  put(second.html);
  slow = second.took > SLOW;
}

async function refresh() {
  if (running) return;
  running = true;
  while (shown !== asked) {
    const now = asked;
    const left = new AbortController();
    const start = performance.now();
    const watch = setInterval(() => {
      if (asked !== now && performance.now() - start > LONG) left.abort();
    }, 100);
    busy(true);
    try {
      await answered(now, left.signal);
      shown = now;
    } catch {
      shown = "";
      if (!left.signal.aborted) stopped();
    }
    clearInterval(watch);
    const over = shown === "" && !left.signal.aborted && asked === now;
    left.abort(); // ceilings that nobody waits for any more
    if (over) break; // until something is asked again
  }
  busy(false);
  running = false;
  clearTimeout(telling);
  telling = setTimeout(() => {
    const number = document.querySelector("#number .number");
    said.textContent = number ? number.textContent : "";
  }, QUIET);
}

function changed() {
  asked = query();
  clearTimeout(telling);
  said.textContent = ""; // of what was asked before
  history.replaceState(null, "", "?" + asked);
  whole();
  refresh();
}

form.addEventListener("input", (event) => {
  const field = event.target;
  if (field.type === "range") {
    const ladder = field.dataset.ladder.split(" ");
    document.getElementById(field.dataset.for).value = ladder[Number(field.value)];
    name(field, ladder);
  } else {
    follow(document.getElementById(field.name + "-slider"));
  }
  changed();
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const slider of form.querySelectorAll("input[type=range]")) follow(slider);
document.addEventListener("DOMContentLoaded", () => (arriving = false));
if (asked !== shown) changed();
