// The style sheet of the page: light and dark, screens and phones, paper.
#pragma once

namespace personalize::report {

constexpr const char* page_style = R"css(
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5b6777;--rule:#e3e7ec;
--track:#eef1f4;--good:#10794b;--good-soft:#e2f4ea;--bad:#b42318;--bad-soft:#fdeae8;--wait:#8a5a00;
--wait-soft:#fdf3dd;--calm:#445062;--calm-soft:#eef1f5;--link:#1f5fbf;
--v0:#7b8794;--v1:#2767c4;--v2:#c2570c;--v3:#0b7f6e;--v4:#9333a8;--v5:#a16207;--v6:#be185d}
@media (prefers-color-scheme:dark){:root{--paper:#10151c;--card:#18202a;--ink:#e6ebf1;--soft:#9aa7b6;
--rule:#2a3440;--track:#222c37;--good:#5fd39a;--good-soft:#12301f;--bad:#ff8f85;--bad-soft:#3a1715;
--wait:#f0c266;--wait-soft:#35290f;--calm:#c3ccd7;--calm-soft:#222c37;--link:#86b4ff;
--v0:#8e9bab;--v1:#6ea8fe;--v2:#f59e5b;--v3:#4fc9b5;--v4:#d08be0;--v5:#e0b341;--v6:#f27fb2}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:1080px;margin:0 auto;padding:0 20px}
header{padding-top:36px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.4rem;line-height:1.25;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h3{font-size:1.06rem;margin:0;overflow-wrap:anywhere}
h3.followed{margin-top:1.2rem}
p{margin:.4rem 0}
a{color:var(--link)}
.soft{color:var(--soft)}.small{font-size:.86rem}
.card{background:var(--card);border:1px solid var(--rule);border-radius:14px;padding:24px;margin:22px 0}
.card>.kind{color:var(--soft);font-size:.8rem;text-transform:uppercase;letter-spacing:.07em;margin:0 0 .2rem}
.outcome{border-top:1px solid var(--rule);margin-top:22px;padding-top:20px}
.grid{display:grid;grid-template-columns:1fr 1fr;gap:14px 28px;align-items:start}
.grid>*{min-width:0}
.notes{list-style:none;margin:14px 0 0;padding:0;display:grid;gap:6px}
.notes li{background:var(--wait-soft);color:var(--wait);border-radius:8px;padding:7px 12px;font-size:.88rem}
.verdict{display:flex;gap:12px;border-radius:10px;padding:11px 14px;margin:10px 0;align-items:baseline}
.verdict b{flex:none;font-size:.78rem;text-transform:uppercase;letter-spacing:.05em;min-width:10.2em}
.glance{border-top:1px solid var(--rule);padding:10px 0 6px}.glance:first-of-type{margin-top:12px}
.glance p{margin:0 0 4px;font-weight:600}.glance p span{font-weight:400}
.glance ul{list-style:none;margin:0;padding:0;font-size:.92rem;font-variant-numeric:tabular-nums}
.glance li{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.7fr) 7em 9.5em;gap:2px 14px;padding:4px 0;align-items:center}
.glance li b{text-align:right;font-weight:600}.glance .pill{justify-self:start}
.variant{display:inline-flex;align-items:baseline;overflow-wrap:break-word;min-width:0}
.variant .swatch{flex:none;margin-right:.6em}
summary{cursor:pointer;font-weight:600;font-size:.95rem;padding:8px 0}
details{border-top:1px solid var(--rule)}details:first-of-type{border-top:0}
.good{--mood:var(--good);--mood-soft:var(--good-soft)}.bad{--mood:var(--bad);--mood-soft:var(--bad-soft)}
.wait{--mood:var(--wait);--mood-soft:var(--wait-soft)}.calm{--mood:var(--calm);--mood-soft:var(--calm-soft)}
.verdict{background:var(--mood-soft)}.verdict b{color:var(--mood)}
.alarm{background:var(--bad-soft);border:2px solid var(--bad);border-radius:10px;padding:14px 16px;margin:16px 0}
.alarm b{color:var(--bad);display:block;font-size:1.05rem}
.split{margin:12px 0 0}.split b{color:var(--good)}
.scroll{overflow-x:auto;margin:8px -4px 0;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:7px 8px;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--soft);font-weight:500;font-size:.8rem;line-height:1.25;vertical-align:bottom;white-space:normal}
th:last-child,td:last-child{padding-right:0}
th:first-child,td:first-child{text-align:left;padding-left:0;white-space:normal;min-width:7.5em}
tbody tr:last-child td{border-bottom:0}
td.plotcell{min-width:120px;width:20%}
.pill{display:inline-block;border-radius:99px;padding:1px 10px;font-size:.82rem;font-weight:600;
background:var(--mood-soft);color:var(--mood);white-space:nowrap}
.swatch{display:inline-block;width:.72em;height:.72em;border-radius:3px;margin-right:.5em;background:var(--color)}
.verdict span,.notes li,.alarm,.legend span{overflow-wrap:anywhere;min-width:0}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.84rem;color:var(--soft)}
figure{margin:10px 0 0}figcaption{font-size:.86rem;color:var(--soft);margin-bottom:4px}
svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft)}
svg .name{fill:var(--ink);font-weight:600}
.v0{--color:var(--v0)}.v1{--color:var(--v1)}.v2{--color:var(--v2)}.v3{--color:var(--v3)}
.v4{--color:var(--v4)}.v5{--color:var(--v5)}.v6{--color:var(--v6)}
.grid-line,.plot .grid{stroke:var(--rule)}
.zero{stroke:var(--soft);stroke-width:1.2}
.line{fill:none;stroke:var(--color);stroke-width:2.2;stroke-linejoin:round}
.dot{fill:var(--color)}
.always{fill:var(--color);opacity:.14}.once{fill:var(--color);opacity:.24}
.track{fill:var(--track)}.bar{fill:var(--color)}.mark{stroke:var(--ink);stroke-width:2}
.interval{min-width:130px}
.interval .wide{stroke:var(--mood,var(--ink));stroke-width:2;opacity:.45}
.interval .narrow{stroke:var(--mood);stroke-width:7;opacity:.55;stroke-linecap:butt}
.interval circle{fill:var(--mood)}
.interval.share .wide{stroke:var(--ink);opacity:.7}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;font-size:.9rem;margin:.6rem 0}
dt{font-weight:600}dd{margin:0;color:var(--soft)}
footer{padding-bottom:40px}
@media (max-width:700px){body{font-size:15px;overflow-wrap:anywhere}.variant,.pill{overflow-wrap:anywhere}main,header,footer{padding:0 12px}header{padding-top:22px}
h1{font-size:1.5rem}.card{padding:16px;border-radius:12px}.grid{grid-template-columns:1fr}
.verdict{flex-direction:column;gap:2px}
.glance li{grid-template-columns:1fr auto;padding:7px 0}.glance li>:nth-child(2){grid-row:2;color:var(--soft)}
.glance li>b{grid-row:1}.glance li>.pill{grid-row:2;justify-self:end}.glance li>:nth-child(1):only-child{grid-column:1/3}
dl{grid-template-columns:1fr}dd{margin-bottom:6px}
table.stack,table.stack tbody,table.stack tr,table.stack td{display:block;width:auto}
table.stack thead{display:none}table.stack tr{border-bottom:1px solid var(--rule);padding:9px 0}
table.stack tr:last-child{border-bottom:0}
table.stack td{border:0;padding:2px 0;text-align:right;display:flex;justify-content:space-between;gap:14px;white-space:normal}
table.stack td::before{content:attr(data-label);color:var(--soft);text-align:left}
table.stack td:first-child{font-weight:600}table.stack td:first-child::before,table.stack td.plotcell::before{content:none}
table.stack td:first-child{display:block;text-align:left}table.stack td.plotcell{width:100%}table.stack td:empty{display:none}
table.cuts tr{display:grid;grid-template-columns:minmax(0,1fr) max-content;gap:1px 14px;align-items:baseline}
table.cuts td::before{content:none}table.cuts td:nth-child(1){order:1}table.cuts td:nth-child(4){order:2;font-weight:600;justify-content:end}
table.cuts td:nth-child(2){order:3;justify-content:start}table.cuts td:nth-child(5){order:4;color:var(--soft);justify-content:end}
table.cuts td:nth-child(6){order:5;grid-column:1/3}table.cuts td:nth-child(3){order:6;justify-content:start;color:var(--soft)}
table.cuts td:nth-child(7){order:7;color:var(--soft)}table.cuts td:nth-child(3)::after{content:"visitors";margin-left:-8px}
table.cuts td:nth-child(7)::before{content:attr(data-label);margin-right:-6px}}
@media print{details::details-content{content-visibility:visible;height:auto}:root{color-scheme:light;--paper:#fff}body{font-size:11pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,header,footer{max-width:none;padding:0}.card{border:0;border-top:2px solid #000;border-radius:0;padding:12px 0}
.outcome,figure,tr,.verdict,.alarm{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit;text-decoration:none}}
)css";

}  // namespace personalize::report
