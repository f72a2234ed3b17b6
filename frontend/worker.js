// The worker runs the page's own program, which the page names in this script's address: it was loaded already.
const named = new URL(self.location).searchParams;
const { default: init } = await import(named.get("script"));
await init({ module_or_path: named.get("program") });
