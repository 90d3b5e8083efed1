/** The colours and sizes of the console; the theme follows the system. */
export const style = `
:root {
  color-scheme: light dark;
  --bg: light-dark(#f3f5f3, #0a1011); --surface: light-dark(#fdfefd, #101819); --sunken: light-dark(#e9edea, #0d1415);
  --ink: light-dark(#121b1a, #e7efed); --ink-2: light-dark(#41504c, #aebdba); --ink-3: light-dark(#57655f, #8c9e9a);
  --line: light-dark(#d8dfdb, #1f2d2e); --rule: light-dark(#b6c2bc, #33474a);
  --flow: light-dark(#08646f, #5ecbd6); --water: light-dark(#b4dade, #13454c); --bank: light-dark(#4d9aa3, #2f8691);
  --held: light-dark(#7d5000, #e8b559); --held-soft: light-dark(#f8ecd2, #2d230f); --held-mid: light-dark(#bd851c, #93701f);
  --fail: light-dark(#a82c14, #ff8d70); --fail-soft: light-dark(#fbe6df, #351811); --fail-mid: light-dark(#dd6b50, #b0472e);
  --sans: "Inter", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1280px; padding: 28px 28px 64px; background: var(--bg); color: var(--ink);
  font: 13px/1.45 var(--sans); font-variant-numeric: tabular-nums; }
h1 { font-size: 22px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 17px; line-height: 1.2; margin: 40px 0 12px; }
h3 { font-size: 14px; margin: 0; }
p { margin: 0 0 8px; max-width: 90ch; } .quiet { color: var(--ink-3); } code, .mono { font-family: var(--mono); font-size: 12px; }
.ok { color: var(--ink); } .bad { color: var(--fail); font-weight: 600; } .miss { color: var(--held); font-weight: 600; }
.verdict { font-size: 17px; margin: 16px 0; }
.cells { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 1px; background: var(--surface);
  border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.cells > div { outline: 1px solid var(--line); padding: 12px 14px; } .cells .k { color: var(--ink-2); font-size: 12px; }
.cells .v { font-size: 17px; font-weight: 600; } .cells .v.bad { color: var(--fail); } .cells .v.miss { color: var(--held); }
.invariants { grid-template-columns: repeat(auto-fill, minmax(232px, 1fr)); } .invariants .k { margin-top: 2px; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 6px; margin: 0 0 20px; }
.card > summary, .card > header { display: flex; gap: 12px; align-items: baseline; padding: 12px 14px; }
.card > summary { cursor: pointer; } .card[open] > summary, .card > header { border-bottom: 1px solid var(--line); }
.card .right { margin-left: auto; color: var(--ink-3); } .inside { padding: 12px 14px; } .inside + .inside { border-top: 1px solid var(--line); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; color: var(--ink-2); white-space: nowrap; } td { white-space: nowrap; vertical-align: top; }
th, td { padding: 7px 14px; border-bottom: 1px solid var(--line); } tr:last-child td { border-bottom: 0; }
.n { text-align: right; } td.wide { white-space: normal; } pre { font: 12px/1.45 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.offences li { font-family: var(--mono); font-size: 12px; overflow-wrap: anywhere; }
svg { display: block; width: 100%; min-width: 860px; height: auto; font: 11px var(--sans); fill: var(--ink-2); }
.axis { stroke: var(--line); } .base { stroke: var(--rule); } .area { fill: var(--water); stroke: var(--bank); stroke-width: 1; stroke-linejoin: round; }
.span { fill: var(--held-soft); } .start { stroke: var(--held-mid); stroke-width: 1; } .control { stroke: var(--rule); stroke-dasharray: 1 3; }
.fault { fill: var(--ink); } .fault, .ms { paint-order: stroke; stroke: var(--surface); stroke-width: 3px; stroke-linejoin: round; } .leader { stroke: var(--rule); stroke-width: 1; } .drain { stroke: var(--ink-3); stroke-dasharray: 4 3; }
.gap { fill: var(--ink-2); } .gap.missed { fill: var(--fail-mid); } .part { fill: none; stroke: var(--ink-2); stroke-dasharray: 2 2; }
.part.missed { stroke: var(--fail); } .ms { fill: var(--ink-2); }
.ms.missed { fill: var(--fail); font-weight: 600; } .name { fill: var(--ink); font-weight: 600; }
@media print { body { max-width: none; } }
`
