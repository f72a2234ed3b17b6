// The worker runs the page's own program, which the page hands over before it says anything else. Its script was loaded
// already, too: the page names it in this one's address.
const program = new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }));
const { default: init } = await import(new URL(self.location).searchParams.get("script"));
await init({ module_or_path: await program });
