
"use strict";
// Data is always inserted as text, never as markup.
const items = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const element = (name, className, text) => {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const PAGE_SIZE = 48;

const succeeded = (item) => item.status === "succeeded";
const formatUsd = (usd) => "$" + (usd < 0.01 ? usd.toFixed(4) : usd.toFixed(usd < 1 ? 3 : 2));

function summarize() {
  const succeededCount = items.filter(succeeded).length;
  const cost = items.reduce((sum, item) => sum + (item.cost_usd || 0), 0);
  const parts = [`${succeededCount} of ${items.length} succeeded`];
  if (cost > 0) parts.push(`estimated cost ${formatUsd(cost)}`);
  byId("summary").textContent = parts.join(", ");
  const models = new Map();
  for (const item of items) models.set(item.model, (models.get(item.model) || 0) + 1);
  for (const [model, count] of [...models].sort()) {
    const option = element("option", "", `${model} (${count})`);
    option.value = model;
    byId("model").append(option);
  }
}

function mediaElement(file) {
  const url = file.path.split("/").map(encodeURIComponent).join("/");
  if (file.content_type.startsWith("image/")) {
    const link = element("a");
    link.href = url;
    const image = element("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = "";
    image.src = url;
    link.append(image);
    return link;
  }
  if (file.content_type.startsWith("video/")) {
    const video = element("video");
    Object.assign(video, { controls: true, loop: true, muted: true, playsInline: true, preload: "metadata" });
    // Starts after the first frame, so that browsers show a still image before it plays.
    video.src = url + "#t=0.05";
    return video;
  }
  const link = element("a", "words", file.path);
  link.href = url;
  return link;
}

function card(item) {
  const article = element("article", succeeded(item) ? "" : "not-succeeded");
  article.dataset.index = item.index;
  for (const file of item.files) article.append(mediaElement(file));
  const words = element("div", "words");
  if (item.name) words.append(element("div", "name", item.name));
  if (item.prompt) words.append(element("p", "prompt", item.prompt));
  if (!succeeded(item)) words.append(element("p", "reason", item.error || item.status));
  const facts = element("p", "facts");
  facts.append(element("b", "", item.model));
  if (item.seed !== null) facts.append(element("span", "seed", `seed ${item.seed}`));
  if (item.elapsed_seconds !== null) facts.append(element("span", "", `${item.elapsed_seconds.toFixed(1)} s`));
  if (item.cost_usd !== null && succeeded(item)) facts.append(element("span", "", formatUsd(item.cost_usd)));
  if (item.id) facts.append(element("span", "", item.id));
  words.append(facts);
  article.append(words);
  return article;
}

let matching = [];
let rendered = 0;

// Only the visible part of the list is rendered, so that thousands of items stay fast.
function fill() {
  while (rendered < matching.length && byId("end").getBoundingClientRect().top < innerHeight + 800) {
    const next = matching.slice(rendered, rendered + PAGE_SIZE).map(card);
    byId("items").append(...next);
    rendered += next.length;
  }
}

function filter() {
  const model = byId("model").value;
  const outcome = byId("outcome").value;
  const words = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  matching = items.filter((item) => (!model || item.model === model)
    && (!outcome || succeeded(item) === (outcome === "succeeded"))
    && words.every((word) => item.search.includes(word)));
  byId("items").replaceChildren();
  rendered = 0;
  byId("count").textContent = `${matching.length} shown`;
  fill();
}

for (const item of items) {
  const texts = [item.prompt, item.name, item.seed, item.error, item.id];
  item.search = texts.filter((text) => text !== null).join(" ").toLowerCase();
}
summarize();
filter();
byId("filters").addEventListener("input", filter);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
addEventListener("scroll", fill, { passive: true });
addEventListener("resize", fill);
