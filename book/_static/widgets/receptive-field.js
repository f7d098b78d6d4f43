/* <receptive-field layers="3,2,1,1; 3,1,1,1; 2,2,0,1" pixels="24"></receptive-field>
   What one unit of a stack sees, along one axis; a layer is kernel, stride, padding, dilation. A
   classic script without dependencies, so that the page also works when it is opened as a file. */
"use strict";
(() => {
  const NUMBERS = [
    ["kernel", "kernel k", 1, 5],
    ["stride", "stride s", 1, 4],
    ["padding", "padding p", 0, 4],
    ["dilation", "dilation d", 1, 9],
  ];
  const MOST_LAYERS = 4, PIXELS = 24, STEP = 26, ROW = 64;
  const EXAMPLES = [
    ["3 × 3 only", "3,1,1,1; 3,1,1,1; 3,1,1,1"],
    ["with strides", "3,2,1,1; 3,2,1,1; 3,1,1,1"],
    ["even pooling", "3,1,1,1; 2,2,0,1; 3,1,1,1; 2,2,0,1"],
    ["dilations 2, 2, 2", "3,1,2,2; 3,1,2,2; 3,1,2,2"],
    ["dilations 1, 3, 9", "3,1,1,1; 3,1,3,3; 3,1,9,9"],
  ];
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
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const places = (count) => `${count} ${count === 1 ? "pixel" : "pixels"}`;

  const parse = (text) => text.split(";").slice(0, MOST_LAYERS).map((part) => {
    const given = part.split(",").map((word) => Number.parseInt(word, 10));
    const layer = {};
    NUMBERS.forEach(([name, , low, high], k) => {
      layer[name] = Number.isNaN(given[k] ?? NaN) ? low : clamp(given[k], low, high);
    });
    return layer;
  });

  class ReceptiveField extends HTMLElement {
    connectedCallback() {
      if (this.stage) return;
      this.id_ = `receptive-field-${(instances += 1)}`;
      const pixels = Number.parseInt(this.getAttribute("pixels") ?? "", 10);
      this.pixels = Number.isNaN(pixels) ? PIXELS : clamp(pixels, 8, 32);
      this.layers = parse(this.getAttribute("layers") ?? EXAMPLES[1][1]);
      this.build();
      this.restart();
    }

    build() {
      this.table = html("table", { class: "rf-layers" });
      const examples = html("div", { class: "rf-buttons" });
      for (const [label, layers] of EXAMPLES) {
        const button = html("button", { type: "button" }, label);
        button.addEventListener("click", () => { this.layers = parse(layers); this.restart(); });
        examples.append(button);
      }
      this.stage = html("div", {
        class: "rf-stage", tabindex: "0", role: "group",
        "aria-label": "Units of the network. Left and right choose the unit, up and down its layer.",
      });
      this.stage.addEventListener("keydown", (event) => this.onKey(event));
      this.status = html("p", { class: "rf-status", role: "status" });
      this.notice = html("p", { class: "rf-notice" });
      this.scroll_ = html("div", { class: "rf-scroll" }, this.stage);
      this.append(examples, this.table, this.scroll_, this.status, this.notice);
    }

    /* Show the layers again and choose the middle unit of the last map. */
    restart() {
      this.fill();
      this.compute();
      this.level = this.maps.length - 1;
      this.unit = Math.floor(this.maps[this.level].units / 2);
      this.draw();
    }

    fill() {
      const head = html("tr", {}, html("th", { scope: "col" }, "layer"));
      for (const [, label] of NUMBERS) head.append(html("th", { scope: "col" }, label));
      head.append(html("td"));
      const body = html("tbody");
      this.layers.forEach((layer, index) => {
        const row = html("tr", {}, html("th", { scope: "row" }, String(index + 1)));
        for (const [name, label, low, high] of NUMBERS) {
          const field = html("input", {
            type: "number", min: low, max: high, value: layer[name],
            id: `${this.id_}-${index + 1}-${name}`, "aria-label": `${label} of layer ${index + 1}`,
          });
          field.addEventListener("change", () => {
            const value = Number.parseInt(field.value, 10);
            layer[name] = Number.isNaN(value) ? low : clamp(value, low, high);
            field.value = layer[name];
            this.compute();
            this.level = this.maps.length - 1;
            this.unit = Math.floor(this.maps[this.level].units / 2);
            this.draw();
          });
          row.append(html("td", {}, field));
        }
        const last = index === this.layers.length - 1;
        row.append(html("td", {}, ...(last ? this.addAndRemove() : [])));
        body.append(row);
      });
      this.table.replaceChildren(html("thead", {}, head), body);
    }

    addAndRemove() {
      const button = (symbol, label, usable, action) => {
        const element = html("button", { type: "button", "aria-label": label, title: label }, symbol);
        element.disabled = !usable;
        element.addEventListener("click", () => { action(); this.restart(); });
        return element;
      };
      const usual = parse("3,1,1,1")[0], { layers } = this;
      return [
        button("+", "Add a layer", layers.length < MOST_LAYERS, () => layers.push(usual)),
        button("−", "Remove the last layer", layers.length > 1, () => layers.pop()),
      ];
    }

    /* Forward: units, stride and the window of unit 0 of every map; stops where none fits. */
    compute() {
      this.maps = [{ units: this.pixels, stride: 1, first: 0, last: 0 }];
      this.stopped = 0;
      for (const { kernel, stride, padding, dilation } of this.layers) {
        const below = this.maps.at(-1), reach = dilation * (kernel - 1);
        const units = Math.floor((below.units + 2 * padding - reach - 1) / stride) + 1;
        if (units < 1) { this.stopped = this.maps.length; break; }
        this.maps.push({
          units,
          stride: below.stride * stride,
          first: below.first - padding * below.stride,
          last: below.last + (reach - padding) * below.stride,
        });
      }
    }

    centre(level, unit) {
      const { stride, first, last } = this.maps[level];
      return stride * unit + (first + last) / 2;
    }

    /* Backward: by how many paths each place of every lower map is seen, padding included. */
    paths() {
      const seen = [];
      seen[this.level] = new Map([[this.unit, 1]]);
      for (let level = this.level; level > 0; level -= 1) {
        const { kernel, stride, padding, dilation } = this.layers[level - 1];
        const below = new Map();
        for (const [unit, count] of seen[level]) {
          if (unit < 0 || unit >= this.maps[level].units) continue;
          for (let tap = 0; tap < kernel; tap += 1) {
            const place = stride * unit - padding + dilation * tap;
            below.set(place, (below.get(place) ?? 0) + count);
          }
        }
        seen[level - 1] = below;
      }
      return seen;
    }

    draw() {
      const seen = this.paths();
      const map = this.maps[this.level];
      const first = map.stride * this.unit + map.first, last = map.stride * this.unit + map.last;
      const every = [0, this.pixels - 1, first, last];
      this.maps.forEach((m, level) => {
        every.push(this.centre(level, 0), this.centre(level, m.units - 1));
        for (const place of seen[level]?.keys() ?? []) every.push(this.centre(level, place));
      });
      const low = Math.floor(Math.min(...every)), high = Math.ceil(Math.max(...every));
      const x = (pixel) => (pixel - low + 1) * STEP;
      const y = (level) => (this.maps.length - 1 - level) * ROW + 26;
      const width = (high - low + 2) * STEP, height = y(0) + 40;
      const picture = svg("svg", {
        viewBox: `0 0 ${width} ${height}`, role: "img", class: "rf-picture", style: `width:${width}px`,
        "aria-label": this.summary(first, last, seen[0]),
      });
      picture.append(svg("rect", {
        x: x(first - 0.5), y: y(0) - 13, width: (last - first + 1) * STEP, height: 26, rx: 6,
        class: "rf-box",
      }));
      for (let level = this.level; level > 0; level -= 1) this.lines(picture, seen, level, x, y);
      this.maps.forEach((m, level) => {
        const known = seen[level] ?? new Map();
        for (let unit = 0; unit < m.units; unit += 1) {
          if (!known.has(unit)) this.dot(picture, level, unit, "rf-unit", 5, x, y);
        }
        const most = Math.max(1, ...known.values());
        for (const [place, count] of known) {
          const inside = place >= 0 && place < m.units;
          const radius = 5 + 4 * Math.sqrt(count / most);
          this.dot(picture, level, place, inside ? "rf-seen" : "rf-zero", inside ? radius : 5, x, y);
        }
        picture.append(svg("text", { x: 4, y: y(level) - 15, class: "rf-name" },
          level ? `map ${level}` : "pixels"));
      });
      for (let pixel = 0; pixel < this.pixels; pixel += 4) {
        picture.append(svg("text", { x: x(pixel), y: y(0) + 30, class: "rf-tick" }, String(pixel)));
      }
      this.stage.replaceChildren(picture);
      this.scroll_.scrollLeft = x(this.centre(this.level, this.unit)) - this.scroll_.clientWidth / 2;
      this.status.textContent = this.summary(first, last, seen[0]);
      this.notice.textContent = this.stopped
        ? `No window of layer ${this.stopped} fits on the ${this.maps.at(-1).units} units below it.`
        : "Dots stand where a unit looks. Large dots lie on many paths, dashed ones are padding.";
    }

    lines(picture, seen, level, x, y) {
      const { kernel, stride, padding, dilation } = this.layers[level - 1];
      for (const unit of seen[level].keys()) {
        if (unit < 0 || unit >= this.maps[level].units) continue;
        for (let tap = 0; tap < kernel; tap += 1) {
          const place = stride * unit - padding + dilation * tap;
          picture.append(svg("line", {
            x1: x(this.centre(level, unit)), y1: y(level),
            x2: x(this.centre(level - 1, place)), y2: y(level - 1), class: "rf-path",
          }));
        }
      }
    }

    dot(picture, level, unit, kind, radius, x, y) {
      const circle = svg("circle", {
        cx: x(this.centre(level, unit)), cy: y(level), r: radius, class: `rf-dot ${kind}`,
      });
      if (kind !== "rf-zero") circle.addEventListener("click", () => this.choose(level, unit));
      picture.append(circle);
    }

    summary(first, last, pixels) {
      const { stride } = this.maps[this.level];
      const inside = [...pixels.keys()].filter((place) => place >= 0 && place < this.pixels).length;
      const hidden = Math.max(0, -first) + Math.max(0, last - this.pixels + 1);
      const who = this.level ? `Unit ${this.unit} of map ${this.level}` : `Pixel ${this.unit}`;
      const frame = hidden ? ` ${places(hidden)} of its field lie outside the picture.` : "";
      return `${who}: field ${minus(first)} … ${minus(last)}, size ${last - first + 1}, `
        + `stride ${stride}, centre ${minus((first + last) / 2)}; it reads ${places(inside)}.${frame}`;
    }

    choose(level, unit) {
      this.level = clamp(level, 0, this.maps.length - 1);
      this.unit = clamp(unit, 0, this.maps[this.level].units - 1);
      this.draw();
    }

    onKey(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const { level, unit } = this, last = this.maps[level].units - 1;
      const near = (other) => {
        const { stride, first, last: end } = this.maps[other] ?? this.maps[level];
        return Math.round((this.centre(level, unit) - (first + end) / 2) / stride);
      };
      if (event.key === "ArrowLeft") this.choose(level, unit - 1);
      else if (event.key === "ArrowRight") this.choose(level, unit + 1);
      else if (event.key === "Home") this.choose(level, 0);
      else if (event.key === "End") this.choose(level, last);
      else if (event.key === "ArrowUp" && level + 1 < this.maps.length) {
        this.choose(level + 1, near(level + 1));
      } else if (event.key === "ArrowDown" && level > 0) this.choose(level - 1, near(level - 1));
      else if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  customElements.define("receptive-field", ReceptiveField);
})();
