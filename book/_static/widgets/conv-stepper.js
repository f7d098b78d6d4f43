/* <conv-stepper height="6" width="6" kernel="3" stride="1" padding="1" dilation="1">
   One convolution, one window at a time. A classic script without dependencies, so that the page
   also works when it is opened as a file. */
"use strict";
(() => {
  const SETTINGS = [
    ["height", "Height H", 2, 10, 6],
    ["width", "Width W", 2, 10, 6],
    ["kernel", "Kernel k", 1, 5, 3],
    ["stride", "Stride s", 1, 4, 1],
    ["padding", "Padding p", 0, 3, 0],
    ["dilation", "Dilation d", 1, 3, 1],
  ];
  const CELL = 28;
  const MILLISECONDS_A_STEP = 800;
  let instances = 0;

  const html = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const svg = (tag, attributes = {}, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const minus = (number) => String(number).replace("-", "−");

  /* A bright disc on a dark ground, and a kernel that answers to vertical edges. */
  const pixel = (i, j, height, width) => {
    const y = (i + 0.5) / height - 0.5, x = (j + 0.5) / width - 0.5;
    return x * x + y * y < 0.13 ? 8 : (3 * i + 5 * j) % 3;
  };
  const weight = (r, s, size) => (size === 1 ? 1 : Math.sign(size - 1 - 2 * s));

  class ConvStepper extends HTMLElement {
    connectedCallback() {
      if (this.stage) return;
      this.id_ = `conv-stepper-${(instances += 1)}`;
      this.value = {};
      for (const [name, , low, high, usual] of SETTINGS) {
        const given = Number.parseInt(this.getAttribute(name) ?? "", 10);
        const wanted = Number.isNaN(given) ? usual : given;
        this.value[name] = Math.min(high, Math.max(low, wanted));
      }
      this.step = 0;
      this.build();
      this.compute();
    }

    disconnectedCallback() { this.pause(); }

    build() {
      const sliders = html("div", { class: "cs-sliders" });
      for (const [name, label, low, high] of SETTINGS) {
        const id = `${this.id_}-${name}`;
        const number = html("output", { for: id }, String(this.value[name]));
        const range = html("input", {
          type: "range", id, min: low, max: high, step: 1, value: this.value[name],
        });
        range.addEventListener("input", () => {
          this.value[name] = Number(range.value);
          number.textContent = range.value;
          this.step = 0;
          this.compute();
        });
        sliders.append(html("div", { class: "cs-slider" },
          html("label", { for: id }, label), number, range));
      }
      this.formula = html("p", { class: "cs-formula" });
      this.stage = html("div", {
        class: "cs-stage", tabindex: "0", role: "group",
        "aria-label": "Window over the input. Arrow keys move it, space plays.",
      });
      this.sum = html("p", { class: "cs-sum" });
      this.notice = html("p", { class: "cs-notice" });
      this.status = html("p", { class: "cs-status", role: "status" });
      const button = (label, action, symbol) => {
        const element = html("button", { type: "button" }, `${symbol} ${label}`);
        element.addEventListener("click", action);
        return element;
      };
      this.playButton = button("Play", () => this.toggle(), "▶");
      const buttons = html("div", { class: "cs-buttons" },
        button("Previous", () => { this.pause(); this.go(this.step - 1); }, "◀"),
        this.playButton,
        button("Next", () => { this.pause(); this.go(this.step + 1); }, "▷"),
        this.status);
      this.stage.addEventListener("keydown", (event) => this.onKey(event));
      this.append(sliders, this.formula, this.stage, buttons, this.sum, this.notice);
    }

    compute() {
      const { height, width, kernel, stride, padding, dilation } = this.value;
      const reach = dilation * (kernel - 1) + 1;
      const size = (length) => Math.floor((length + 2 * padding - reach) / stride) + 1;
      this.rows = size(height);
      this.columns = size(width);
      this.fits = this.rows > 0 && this.columns > 0;
      this.seen = new Set();
      this.results = [];
      for (let i = 0; this.fits && i < this.rows; i += 1) {
        for (let j = 0; j < this.columns; j += 1) {
          const taps = this.taps(i, j);
          for (const tap of taps) if (tap.inside) this.seen.add(`${tap.y},${tap.x}`);
          this.results.push(taps.reduce((total, tap) => total + tap.value * tap.weight, 0));
        }
      }
      const line = (letter, name, length, result) =>
        `${letter}′ = ⌊(${length} + 2·${padding} − ${dilation}·(${kernel} − 1) − 1) / ${stride}⌋ + 1`
        + ` = ${this.fits ? result : "none"}`;
      this.formula.replaceChildren(
        line("H", "height", height, this.rows), html("br"),
        line("W", "width", width, this.columns));
      const unseen = height * width - this.seen.size;
      this.notice.textContent = !this.fits
        ? `The kernel spans ${reach} pixels and the padded image is ${height + 2 * padding} × `
          + `${width + 2 * padding}: no window fits.`
        : unseen
          ? `${unseen} of ${height * width} input pixels are never seen (crossed out): changing `
            + "them changes nothing that comes out."
          : "Every input pixel is seen by at least one window.";
      if (!this.fits) this.pause();
      this.draw();
    }

    taps(i, j) {
      const { height, width, kernel, stride, padding, dilation } = this.value;
      const taps = [];
      for (let r = 0; r < kernel; r += 1) {
        for (let s = 0; s < kernel; s += 1) {
          const y = i * stride + r * dilation - padding, x = j * stride + s * dilation - padding;
          const inside = y >= 0 && x >= 0 && y < height && x < width;
          const value = inside ? pixel(y, x, height, width) : 0;
          taps.push({ y, x, inside, value, weight: weight(r, s, kernel) });
        }
      }
      return taps;
    }

    draw() {
      const row = Math.floor(this.step / this.columns), column = this.step % this.columns;
      const taps = this.fits ? this.taps(row, column) : [];
      const output = this.outputGrid();
      this.stage.replaceChildren(
        this.panel("Input with its padding", this.inputGrid(taps)),
        this.panel("Kernel", this.kernelGrid()),
        this.panel("Output", output));
      if (!this.fits) {
        this.sum.textContent = "";
        this.status.textContent = "No window";
        return;
      }
      const terms = taps.filter((tap) => tap.weight !== 0).map((tap) => {
        const factor = tap.weight === 1 ? "" : `${minus(tap.weight)}·`.replace("−1·", "−");
        return `${factor}${tap.value}`;
      });
      const text = terms.join(" + ").replaceAll("+ −", "− ");
      const total = this.results[this.step];
      this.sum.textContent = `out[${row}, ${column}] = ${text} = ${minus(total)}`;
      this.status.textContent = `Window ${this.step + 1} of ${this.results.length}`;
    }

    panel(title, picture) {
      return html("div", { class: "cs-panel" }, html("span", { class: "cs-title" }, title), picture);
    }

    grid(rows, columns, label, kind) {
      const picture = svg("svg", {
        viewBox: `-1 -1 ${columns * CELL + 2} ${rows * CELL + 2}`,
        role: "img", "aria-label": label, class: `cs-grid cs-${kind}`,
        style: `width:${columns * CELL + 2}px`,
      });
      picture.cell = (i, j, kindOfCell, text, shade) => {
        const at = { x: j * CELL, y: i * CELL, width: CELL, height: CELL };
        picture.append(svg("rect", { ...at, class: `cs-cell ${kindOfCell}` }));
        if (shade) picture.append(svg("rect", { ...at, class: "cs-shade", opacity: shade }));
        if (text !== "") {
          const kind = String(text).length > 2 ? "cs-long" : "cs-short";
          const centre = { x: (j + 0.5) * CELL, y: (i + 0.5) * CELL, class: kind };
          picture.append(svg("text", centre, minus(text)));
        }
      };
      return picture;
    }

    inputGrid(taps) {
      const { height, width, padding } = this.value;
      const label = `${height} by ${width} input with ${padding} rings of zeros around it`;
      const picture = this.grid(height + 2 * padding, width + 2 * padding, label, "input");
      for (let y = -padding; y < height + padding; y += 1) {
        for (let x = -padding; x < width + padding; x += 1) {
          const inside = y >= 0 && x >= 0 && y < height && x < width;
          const number = inside ? pixel(y, x, height, width) : 0;
          const kind = inside ? "cs-pixel" : "cs-zero";
          picture.cell(y + padding, x + padding, kind, number, inside ? number / 20 : 0);
          if (inside && this.fits && !this.seen.has(`${y},${x}`)) {
            const a = (x + padding) * CELL, b = (y + padding) * CELL;
            const d = `M${a + 4} ${b + 4}l${CELL - 8} ${CELL - 8}m0 ${8 - CELL}l${8 - CELL} ${CELL - 8}`;
            picture.append(svg("path", { d, class: "cs-unseen" }));
          }
        }
      }
      for (const tap of taps) {
        picture.append(svg("rect", {
          x: (tap.x + padding) * CELL + 1.5, y: (tap.y + padding) * CELL + 1.5,
          width: CELL - 3, height: CELL - 3, class: "cs-tap",
        }));
      }
      return picture;
    }

    kernelGrid() {
      const { kernel } = this.value;
      const picture = this.grid(kernel, kernel, `${kernel} by ${kernel} kernel`, "kernel");
      for (let r = 0; r < kernel; r += 1) {
        for (let s = 0; s < kernel; s += 1) picture.cell(r, s, "cs-weight", weight(r, s, kernel), 0);
      }
      return picture;
    }

    outputGrid() {
      if (!this.fits) return html("span", { class: "cs-empty" }, "nothing");
      const label = `${this.rows} by ${this.columns} output, ${this.step + 1} filled`;
      const picture = this.grid(this.rows, this.columns, label, "output");
      this.results.forEach((result, step) => {
        const i = Math.floor(step / this.columns), j = step % this.columns;
        const kind = step === this.step ? "cs-now" : "cs-result";
        picture.cell(i, j, kind, step <= this.step ? result : "", 0);
      });
      picture.addEventListener("click", (event) => {
        const box = picture.getBoundingClientRect();
        const i = Math.floor((event.clientY - box.top) / box.height * this.rows);
        const j = Math.floor((event.clientX - box.left) / box.width * this.columns);
        this.pause();
        this.go(i * this.columns + j);
      });
      return picture;
    }

    go(step) {
      if (!this.fits) return;
      this.step = Math.min(this.results.length - 1, Math.max(0, step));
      this.draw();
    }

    toggle() {
      if (this.timer) { this.pause(); return; }
      if (!this.fits) return;
      if (this.step === this.results.length - 1) this.go(0);
      this.status.setAttribute("aria-live", "off");
      this.playButton.textContent = "❚❚ Pause";
      this.timer = setInterval(() => {
        this.go(this.step + 1);
        if (this.step === this.results.length - 1) this.pause();
      }, MILLISECONDS_A_STEP);
    }

    pause() {
      clearInterval(this.timer);
      this.timer = undefined;
      if (this.playButton) this.playButton.textContent = "▶ Play";
      if (this.status) this.status.removeAttribute("aria-live");
    }

    onKey(event) {
      const moves = {
        ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns,
        Home: -Infinity, End: Infinity,
      };
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === " ") this.toggle();
      else if (event.key in moves) { this.pause(); this.go(this.step + moves[event.key]); }
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  customElements.define("conv-stepper", ConvStepper);
})();
