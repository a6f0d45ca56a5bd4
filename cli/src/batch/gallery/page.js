
"use strict";
// Everything that comes from outside is set as text, never as markup.
const items = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const PAGE = 48;

const succeeded = (item) => item.status === "succeeded";
const money = (usd) => "$" + (usd < 0.01 ? usd.toFixed(4) : usd.toFixed(usd < 1 ? 3 : 2));

function summarise() {
  const good = items.filter(succeeded).length;
  const cost = items.reduce((sum, item) => sum + (succeeded(item) && item.cost_usd || 0), 0);
  const parts = [`${good} of ${items.length} succeeded`];
  if (cost > 0) parts.push(`about ${money(cost)}`);
  byId("summary").textContent = parts.join(", ");
  const models = new Map();
  for (const item of items) models.set(item.model, (models.get(item.model) || 0) + 1);
  for (const [model, count] of [...models].sort()) {
    const option = element("option", "", `${model} (${count})`);
    option.value = model;
    byId("model").append(option);
  }
}

function medium(file) {
  const address = file.path.split("/").map(encodeURIComponent).join("/");
  if (file.content_type.startsWith("image/")) {
    const link = element("a");
    link.href = address;
    const picture = element("img");
    picture.loading = "lazy";
    picture.decoding = "async";
    picture.alt = "";
    picture.src = address;
    link.append(picture);
    return link;
  }
  if (file.content_type.startsWith("video/")) {
    const video = element("video");
    Object.assign(video, { controls: true, loop: true, muted: true, playsInline: true, preload: "metadata" });
    // From the first frames on, so that there is a picture before it plays.
    video.src = address + "#t=0.05";
    return video;
  }
  const link = element("a", "words", file.path);
  link.href = address;
  return link;
}

function card(item) {
  const made = element("article", succeeded(item) ? "" : "not-succeeded");
  made.dataset.index = item.index;
  for (const file of item.files) made.append(medium(file));
  const words = element("div", "words");
  if (item.name) words.append(element("div", "name", item.name));
  if (item.prompt) words.append(element("p", "prompt", item.prompt));
  if (!succeeded(item)) words.append(element("p", "reason", item.error || item.status));
  const facts = element("p", "facts");
  facts.append(element("b", "", item.model));
  if (item.seed !== null) facts.append(element("span", "seed", `seed ${item.seed}`));
  if (item.elapsed_seconds !== null) facts.append(element("span", "", `${item.elapsed_seconds.toFixed(1)} s`));
  if (item.cost_usd !== null && succeeded(item)) facts.append(element("span", "", money(item.cost_usd)));
  if (item.id) facts.append(element("span", "", item.id));
  words.append(facts);
  made.append(words);
  return made;
}

let shown = [];
let drawn = 0;

// Only what has been scrolled to is built, so that thousands of items cost nothing.
function fill() {
  while (drawn < shown.length && byId("end").getBoundingClientRect().top < innerHeight + 800) {
    const next = shown.slice(drawn, drawn + PAGE).map(card);
    byId("items").append(...next);
    drawn += next.length;
  }
}

function filter() {
  const model = byId("model").value;
  const outcome = byId("outcome").value;
  const words = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = items.filter((item) => (!model || item.model === model)
    && (!outcome || succeeded(item) === (outcome === "succeeded"))
    && words.every((word) => item.search.includes(word)));
  byId("items").replaceChildren();
  drawn = 0;
  byId("count").textContent = `${shown.length} shown`;
  fill();
}

for (const item of items) {
  const texts = [item.prompt, item.name, item.seed, item.error, item.id];
  item.search = texts.filter((text) => text !== null).join(" ").toLowerCase();
}
summarise();
filter();
byId("filters").addEventListener("input", filter);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
addEventListener("scroll", fill, { passive: true });
addEventListener("resize", fill);
