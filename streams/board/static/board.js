"use strict";

const REFRESH_MILLISECONDS = 2000;
const ROWS_SHOWN = 500;
const filter = document.getElementById("filter");
const state = document.getElementById("state");
let shownText = null;
let scores = [];

// Everything that comes from records enters the page by textContent or encodeURIComponent alone.
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function link(score) {
  const made = element("a", score.id);
  made.href = `api/v1/scores/${score.subject}/${encodeURIComponent(score.id)}`;
  return made;
}

function scoreCell(score) {
  if (score.score === null) return element("td", "too little evidence", "none");
  const cell = element("td", undefined, "number");
  const bar = element("meter");
  bar.min = 0;
  bar.max = 100;
  bar.value = score.score;
  cell.append(bar, score.score.toFixed(1));
  return cell;
}

function row(score) {
  const made = element("tr");
  const name = element("td");
  name.append(link(score));
  made.append(name);
  if (score.subject === "rep") made.append(element("td", score.team_id));
  made.append(
    scoreCell(score),
    element("td", score.level.toFixed(1), "number"),
    element("td", `${(score.coverage * 100).toFixed(0)} %`, "number"),
  );
  return made;
}

function best(one, other) {
  if (one.score === null || other.score === null) return (one.score === null) - (other.score === null);
  return other.score - one.score;
}

function showTable(subject, chosen) {
  const section = document.getElementById(subject);
  const rows = chosen.slice(0, ROWS_SHOWN);
  section.querySelector("tbody").replaceChildren(...rows.map(row));
  const more = chosen.length > rows.length ? `, the first ${rows.length} shown` : "";
  section.querySelector(".count").textContent = `${chosen.length}${more}`;
}

function showCompany(company) {
  const section = document.getElementById("company");
  section.hidden = company === undefined;
  if (section.hidden) return;
  const scored = company.score !== null;
  section.querySelector(".figure").textContent = scored ? company.score.toFixed(1) : "–";
  section.querySelector(".note").textContent =
    `Company score; ${(company.coverage * 100).toFixed(0)} % of the evidence is there` + (scored ? "" : ", too little to score");
}

function show() {
  const wanted = filter.value.trim().toLowerCase();
  const of = (subject) => scores.filter((score) => score.subject === subject).sort(best);
  const matches = (score) => score.id.toLowerCase().includes(wanted) || score.team_id.toLowerCase().includes(wanted);
  showCompany(of("company")[0]);
  showTable("team", of("team"));
  showTable("rep", of("rep").filter(matches));
}

async function refresh() {
  if (!document.hidden) {
    try {
      const response = await fetch("api/v1/scores", { signal: AbortSignal.timeout(10000) });
      if (!response.ok) throw new Error(`the worker answers ${response.status}`);
      const text = await response.text();
      if (text !== shownText) {
        scores = JSON.parse(text);
        show();
        shownText = text;
      }
      state.textContent = `As of ${new Date().toLocaleTimeString()}`;
      state.className = "";
    } catch (error) {
      state.textContent = `No news: ${error.message}`;
      state.className = "broken";
    }
  }
  setTimeout(refresh, REFRESH_MILLISECONDS);
}

filter.addEventListener("input", show);
refresh();
