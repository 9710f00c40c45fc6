/** The reference page's style sheet. */
export const docsPageStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d9dee3; --paper: #fff; --panel: #f6f8fa; --accent: #0a6b5e; --post: #8a4b00; --get: #0a5c9e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #9aa4ae; --line: #30363d; --paper: #0f1317; --panel: #171c22; --accent: #4cc2ae; --post: #e0a458; --get: #6cb6ff; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; display: grid; grid-template-columns: 15rem minmax(0, 1fr); font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1.25rem; background: var(--panel); border-right: 1px solid var(--line); }
nav h2 { margin: 1.5rem 0 .25rem; font-size: .75rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); }
nav a { display: block; padding: .2rem 0; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
nav a:hover, nav a:focus-visible { color: var(--accent); text-decoration: underline; }
nav .brand { font-weight: 700; font-size: 1.15rem; }
main { max-width: 56rem; padding: 2rem 2.5rem 6rem; }
h1 { margin: 0 0 .5rem; font-size: 1.9rem; line-height: 1.2; }
section { padding-top: 1.5rem; margin-top: 2rem; border-top: 1px solid var(--line); }
section > h2 { margin: 0 0 .5rem; font-size: 1.2rem; overflow-wrap: anywhere; }
h3 { margin: 1.5rem 0 .4rem; font-size: .95rem; }
code, pre, textarea { font: .86rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.method { display: inline-block; padding: .05rem .5rem; border: 1px solid currentColor; border-radius: .3rem; font-size: .75rem; vertical-align: .1rem; }
.method.post { color: var(--post); } .method.get { color: var(--get); }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
tr:target { background: color-mix(in srgb, var(--accent) 15%, transparent); }
small, .note, .status { color: var(--soft); }
pre { margin: 0; padding: .8rem 1rem; overflow: auto; max-height: 28rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
textarea { width: 100%; padding: .8rem 1rem; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; resize: vertical; }
.actions { display: flex; gap: .6rem; align-items: center; margin: .6rem 0; }
button { padding: .45rem 1.1rem; font: inherit; font-weight: 600; color: var(--paper); background: var(--accent); border: 1px solid var(--accent); border-radius: .4rem; cursor: pointer; }
button.quiet { color: var(--accent); background: transparent; }
button:disabled { opacity: .5; cursor: default; }
.key input { margin-left: .5rem; padding: .35rem .6rem; width: 22rem; max-width: 100%; font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; }
details { margin-top: 1rem; } summary { cursor: pointer; color: var(--soft); }
@media (max-width: 48rem) { body { display: block; } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); } main { padding: 1.25rem; } }
`;
