// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl {

inline constexpr const char* kReportStyle = R"(
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--text:#1b1f24;--dim:#5b6570;--line:#dde1e6;--accent:#1769aa}
@media(prefers-color-scheme:dark){:root{--ground:#14171a;--card:#1d2125;--text:#e8eaed;--dim:#a0a8b1;--line:#343a41;--accent:#6db3f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px}h2{font-size:20px;margin:40px 0 4px}h3{font-size:16px;margin:0}
h1,h3,code,td,.note{overflow-wrap:anywhere}
p{margin:4px 0}.dim,figcaption,dt{color:var(--dim)}code{font-family:ui-monospace,monospace;font-size:.92em}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(124px,1fr));gap:10px;margin:22px 0 0}
dl>div,article,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
dl>div{padding:10px 14px}dt{font-size:13px}dd{margin:0;font-size:20px;font-variant-numeric:tabular-nums}
dl>div.first{grid-column:span 2;grid-row:span 2;display:flex;flex-direction:column;justify-content:center}
.first dd{font-size:44px;line-height:1.1;font-weight:650;color:var(--accent)}.first dt{font-size:16px}
article{padding:14px 16px 16px;margin:14px 0}.card{padding:14px 16px;margin:12px 0}
.values{display:flex;flex-wrap:wrap;gap:2px 18px;margin:2px 0 10px;font-size:14px;font-variant-numeric:tabular-nums}
.values b{font-weight:600}.values .rank{color:var(--accent)}
.strip{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:10px}
figure{margin:0}figure img{display:block;width:100%;height:auto;border-radius:5px;margin-bottom:5px}
section:has(>.still){display:grid;grid-template-columns:1fr 1fr;gap:0 14px}section:has(>.still) h2{grid-column:1/-1}
.still .strip{grid-template-columns:none}.still figure{display:grid;grid-template-columns:1fr 1fr;gap:0 10px}.still figcaption{grid-column:span 2}
figcaption{font-size:13px;font-variant-numeric:tabular-nums}.note{font-size:13px;color:var(--dim);border-left:3px solid var(--accent);padding-left:8px;margin:8px 0 0}
svg{display:block;width:100%;height:auto}svg rect{fill:var(--accent)}svg line{stroke:var(--line)}svg text{fill:var(--dim);font:12px system-ui,sans-serif}
.scroll{overflow:auto;max-height:640px;padding:0}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:5px 14px;text-align:right;border-bottom:1px solid var(--line)}th:first-child,td:first-child{text-align:left}
thead th{position:sticky;top:0;background:var(--card);white-space:nowrap;color:var(--dim);font-weight:600}
tbody th{font-weight:400;overflow-wrap:anywhere}th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--accent)}
th[aria-sort=ascending] button::after{content:" \2191"}th[aria-sort=descending] button::after{content:" \2193"}
@media(max-width:720px){.strip{grid-template-columns:repeat(2,minmax(0,1fr))}section:has(>.still){grid-template-columns:none}svg text{font-size:24px}}
@media print{.scroll{max-height:none}article{break-inside:avoid}}
)";

/// A click on the name of a column sorts by it. A second click reverses the order.
inline constexpr const char* kReportScript = R"(
for (const th of document.querySelectorAll("thead th")) {
  const button = document.createElement("button");
  button.textContent = th.textContent;
  th.replaceChildren(button);
  button.onclick = () => {
    const rising = th.ariaSort !== "ascending", body = document.querySelector("tbody");
    const key = row => { const text = row.cells[th.cellIndex].textContent; return th.cellIndex ? parseFloat(text) : text; };
    const order = (a, b) => Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : (a < b ? -1 : a > b ? 1 : 0) * (rising ? 1 : -1);
    const rows = [...body.rows].map(row => [key(row), row]).sort((a, b) => order(a[0], b[0]));
    body.replaceChildren(...rows.map(entry => entry[1]));
    for (const other of th.parentNode.cells) other.ariaSort = null;
    th.ariaSort = rising ? "ascending" : "descending";
  };
}
)";

}  // namespace vcl
