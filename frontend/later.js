// Loads the programs that come later, when they are first asked for: Compare, Watch, the library and the places of hosts, of checkpoints,
// of the overlay and of run files, by <later-place>, the editors of maps, of MDPs and of lessons, which are in the same program, by
// <map-desk>, <mdp-desk> and <lesson-desk>, and the stage in three dimensions, by the button of <stage-depth>. Each is a script, a
// program and a style sheet, whose names `index.html` tells.
const loads = new Map();

/** The script of a later program, ready. One that could not be fetched is fetched anew the next time. */
function program(name) {
  if (!loads.has(name)) {
    const load = fetchAll(document.querySelector(`meta[name="${name}"]`).content);
    load.catch(() => loads.delete(name));
    loads.set(name, load);
  }
  return loads.get(name);
}

async function fetchAll(name) {
  const style = make("link", { rel: "stylesheet", href: `${name}.css` });
  const styled = new Promise((done, fail) => Object.assign(style, { onload: done, onerror: () => fail(new Error("no style sheet")) }));
  document.head.append(style);
  const script = await import(`./${name}.js`);
  await Promise.all([script.default({ module_or_path: fetchProgram(`${name}_bg.wasm`) }), styled]);
  return script;
}

const make = (kind, properties) => Object.assign(document.createElement(kind), properties);

// What a place opens goes to the page's program, as a file that is dropped on it.
window.openOnPage = (file) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(file);
  dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
};

// The place is open for as long as its element is on the page.
customElements.define(
  "later-place",
  class extends HTMLElement {
    async connectedCallback() {
      // Beside the page's program, not within it: each hears of what happens from its own root on down.
      const root = (this.root = document.createElement("div"));
      const show = (words, role) => {
        const main = make("main", { className: "watch" });
        const names = { "#/ch": "Checkpoints", "#/co": "Compare", "#/li": "Library", "#/ov": "Overlay", "#/re": "Replays", "#/ru": "Run file", "#/wa": "Watch" };
        const name = names[location.hash.slice(0, 4)] ?? "Hosts";
        main.append(make("h1", { textContent: say(name) }), make("p", { className: "empty", role, textContent: words }));
        root.replaceChildren(main);
      };
      show(say("Fetching this place…"), null);
      document.getElementById("page").after(root);
      try {
        const { open, close } = await program("places");
        if (this.root !== root) return;
        this.close = close;
        root.replaceChildren();
        open(root);
      } catch (reason) {
        const { message } = reason;
        show(
          say("This place could not be loaded ({message}). Everything else goes on. Come again once the network is back, or reload the page.", { message }),
          "alert",
        );
        // Another of these places is the same element; who goes there comes again.
        const again = () => this.root === root && (this.disconnectedCallback(), this.connectedCallback());
        addEventListener("hashchange", again, { once: true });
      }
    }

    disconnectedCallback() {
      this.close?.();
      this.root?.remove();
      this.root = this.close = undefined;
    }
  },
);

// An editor, in a dialog that stands beside the page's program for the same reason. `begin` starts it in an element and gives what takes
// it away; the end that it tells and what came of it stand in `data-end` and `data-value`, of which a `change` tells. Closing ends it
// as `left`.
function defineDesk(name, shortName, title, begin) {
  customElements.define(
    name,
    class extends HTMLElement {
      async connectedCallback() {
        const dialog = (this.dialog = make("dialog", { className: `${shortName}-dialog` }));
        const [body, head, desk] = ["div", "header", "div"].map((kind) => make(kind, {}));
        body.className = "dialog-body";
        dialog.setAttribute("aria-label", title());
        dialog.dataset.testid = `dialog-${shortName}`;
        const close = make("button", { type: "button", className: "button plain square", onclick: () => dialog.close() });
        close.setAttribute("aria-label", say("Close"));
        close.innerHTML = '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M5.500 5.500l9 9M14.500 5.500l-9 9"/></svg>';
        head.append(make("h2", { textContent: title() }), close);
        body.append(head, desk);
        dialog.append(body);
        const show = (words, role) => desk.replaceChildren(make("p", { className: "empty", role, textContent: words }));
        show(say("Fetching the editor…"), "status");
        // Who selects a text and lets go beside the dialog does not mean to close it.
        let pressed;
        dialog.onpointerdown = ({ target }) => (pressed = target);
        dialog.onclick = ({ target }) => {
          // A handler that returns false would keep every click within from doing what it does.
          if (target === dialog && pressed === dialog) dialog.close();
        };
        // A file is the editor's, not the page's, which opens those that are dropped on it.
        dialog.ondragover = dialog.ondrop = (event) => {
          if (!event.dataTransfer?.types.includes("Files")) return;
          event.preventDefault();
          event.stopPropagation();
        };
        dialog.onclose = () => this.end("left", this.made);
        document.getElementById("page").after(dialog);
        dialog.showModal();
        try {
          const script = await program("places");
          if (this.dialog !== dialog) return;
          desk.replaceChildren();
          this.putAway = begin(script, desk, this, (end, value) => {
            this.made = value;
            // The page takes the editor away, which is still at work in this call.
            if (end) setTimeout(() => this.dialog === dialog && this.end(end, value));
          });
        } catch ({ message }) {
          if (this.dialog !== dialog) return;
          show(say("The editor could not be loaded ({message}). Everything else goes on. Open it again once the network is back.", { message }), "alert");
        }
      }

      end(end, value) {
        this.dataset.end = end;
        if (value !== undefined) this.dataset.value = value;
        this.dispatchEvent(new Event("change", { bubbles: true }));
      }

      disconnectedCallback() {
        const { dialog, putAway } = this;
        this.dialog = this.putAway = this.made = undefined;
        if (!dialog) return;
        dialog.onclose = null;
        // The focus goes back to where it was.
        dialog.close();
        dialog.remove();
        putAway?.();
      }
    },
  );
}

// Ends of the map's and the MDP's are `used`, `left` and `given-up`.
defineDesk(
  "map-desk",
  "map",
  () => say("Edit the map"),
  ({ editMap, putMapAway }, desk, element, tell) => {
    editMap(desk, element.getAttribute("spec"), element.getAttribute("map"), tell);
    return putMapAway;
  },
);

defineDesk(
  "mdp-desk",
  "mdp",
  () => say("Draw the MDP"),
  ({ editMdp, putMdpAway }, desk, element, tell) => {
    editMdp(desk, element.getAttribute("spec"), element.getAttribute("map"), tell);
    return putMdpAway;
  },
);

defineDesk(
  "lesson-desk",
  "lesson-editor",
  () => say("Make a lesson"),
  ({ editLesson, putLessonAway }, desk, element, tell) => {
    editLesson(desk, element.getAttribute("now"), element.getAttribute("lesson") ?? undefined, tell);
    return putLessonAway;
  },
);

// While its attribute `on` is there, the stage beside it draws nothing and sets `scene` to the bytes of what is to be seen.
customElements.define(
  "stage-depth",
  class extends HTMLElement {
    static observedAttributes = ["environment"];

    connectedCallback() {
      this.button = make("button", { type: "button", className: "button", textContent: "3D" });
      this.button.dataset.testid = "view-3d";
      Object.assign(this.button.style, { position: "absolute", zIndex: 4, right: "26px", bottom: "-1px", minHeight: "30px" });
      this.button.onclick = () => (this.wanted ? this.close() : this.open());
      this.append(this.button);
      this.mark();
    }

    disconnectedCallback() {
      this.close();
      this.replaceChildren();
    }

    attributeChangedCallback() {
      if (!this.wanted) return;
      // The newest scene of another environment may be here already.
      const { newest } = this;
      this.close();
      this.open(newest);
    }

    mark() {
      this.button.setAttribute("aria-pressed", Boolean(this.wanted));
      this.button.title = this.wanted ? say("Back to the flat picture") : say("See it in three dimensions");
    }

    async open(newest) {
      const root = (this.wanted = make("div", { className: "view3d" }));
      this.said?.remove();
      this.mark();
      try {
        const { open } = await program("view3d");
        if (this.wanted !== root) return;
        this.append(root);
        this.view = open(root, this.getAttribute("environment"), (words) => this.wanted === root && this.giveUp(words));
        this.setAttribute("on", "");
        if (newest) this.scene = newest;
      } catch (reason) {
        if (this.wanted === root) this.giveUp(reason.message ? say("The 3D picture could not be loaded ({message}). The flat picture goes on.", reason) : reason);
      }
    }

    close() {
      const { view, wanted } = this;
      clearTimeout(this.failing);
      this.view = this.wanted = this.newest = this.failing = undefined;
      this.removeAttribute("on");
      this.mark();
      if (!view) return wanted?.remove();
      view.close();
      // The graphics card has it back at once, the program's memory when nothing of it runs any more.
      wanted.querySelector("canvas")?.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
      wanted.remove();
      setTimeout(() => view.free());
    }

    giveUp(words) {
      this.close();
      this.said = make("p", { className: "case-note", role: "alert", textContent: words });
      this.said.dataset.testid = "no-3d";
      this.said.style.whiteSpace = "normal";
      this.append(this.said);
      setTimeout((said) => said.remove(), 20_000, this.said);
    }

    set scene(bytes) {
      this.newest = bytes;
      try {
        this.view?.show(bytes);
        clearTimeout(this.failing);
        this.failing = undefined;
      } catch (reason) {
        const words = reason.message ? say("The 3D picture broke ({message}). The flat picture goes on.", reason) : reason;
        // The scene of another environment may come before its name.
        this.failing ??= setTimeout(() => this.giveUp(words), 1000);
      }
    }
  },
);
