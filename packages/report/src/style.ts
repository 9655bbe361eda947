/** Style sheet of the reports. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2230; --paper: #fff; --line: #dfe3ea; --soft: #f5f7fa; --mute: #5f6b7e; --mark: #b45309; --glow: #fef6e7 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --paper: #13161c; --line: #2d333f; --soft: #1b2029; --mute: #9aa5b6; --mark: #f5b454; --glow: #2a2216 }
}
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; color: var(--ink); background: var(--paper); max-width: 1120px; margin: 0 auto; padding: 2rem 1.2rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .3rem } h3 { font-size: .9rem; font-weight: 600; margin: 1.4rem 0 .4rem }
p { color: var(--mute); margin: .2rem 0 1rem; max-width: 75ch }
.notice { color: var(--ink); background: var(--glow); border-left: 3px solid var(--mark); padding: .5rem .8rem; margin: .6rem 0; max-width: none; border-radius: 0 4px 4px 0 }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .32rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, td:first-child { text-align: left } th { font-weight: 600; font-size: .82rem; color: var(--mute); vertical-align: bottom }
.strong td { font-weight: 600; background: var(--soft) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: .8rem; margin: 1.2rem 0 }
.tiles div { background: var(--soft); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; display: flex; flex-direction: column }
.tiles b { font-size: 1.45rem; font-variant-numeric: tabular-nums; letter-spacing: -.01em } small { color: var(--mute); font-size: .8rem }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 1rem } svg { display: block; width: 100%; height: auto }
.pictures { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: .5rem; max-width: calc(var(--columns) * 232px) }
figure { margin: 0 } img { display: block; width: 100%; border-radius: 4px; background: var(--soft) } figcaption { font-size: .75rem; line-height: 1.3; color: var(--mute); padding-top: .2rem }
.classes { display: flex; flex-wrap: wrap; gap: .3rem 1rem; font-size: .8rem; margin: .6rem 0 } .classes i { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; margin-right: .35rem; vertical-align: -1px }
.legend { display: inline-block; vertical-align: middle; width: 7rem; height: .7rem; border-radius: 3px; margin: 0 .5rem; background: linear-gradient(90deg, #000004, #57106e, #bc3754, #f98e09, #fcffa4) }
@media (max-width: 640px) { .pictures { grid-template-columns: repeat(min(var(--columns), 4), minmax(0, 1fr)); gap: .25rem } figcaption { font-size: .62rem } }
`.trim()
