// Arrays as tables and heat maps.

const probe = el("span", { hidden: true });
document.body.append(probe);

/** A colour of the style sheet as [red, green, blue], in the present theme. */
function rgb(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe)
    .color.match(/[\d.]+/g)
    .slice(0, 3)
    .map(Number);
}

function palette() {
  const [cold, zero, warm, nan] = ["cold", "zero", "warm", "nan"].map(rgb);
  return {
    nan,
    mix: (part) =>
      zero.map((from, channel) => from + ((part < 0 ? cold : warm)[channel] - from) * Math.min(1, Math.abs(part))),
  };
}

const css = (colour, alpha = 1) => `rgb(${colour.map(Math.round).join(" ")} / ${alpha})`;

/** The largest magnitude among some elements, and whether any is negative, nan or infinite. */
function extent(array, from, count) {
  const found = { most: 0, min: Infinity, max: -Infinity, nan: 0, inf: 0 };
  for (let index = from; index < from + count; index += 1) {
    const number = array.number(index);
    if (Number.isNaN(number)) found.nan += 1;
    else if (!Number.isFinite(number)) found.inf += 1;
    else {
      found.min = Math.min(found.min, number);
      found.max = Math.max(found.max, number);
    }
  }
  found.most = Math.max(Math.abs(found.min), Math.abs(found.max));
  if (!Number.isFinite(found.most) || found.most === 0) found.most = 1;
  return found;
}

function legend(found, array) {
  const ramp = el("canvas", { className: "ramp", width: 64, height: 1, "aria-hidden": "true" });
  const low = found.min < 0 ? -1 : 0;
  const picture = ramp.getContext("2d");
  const { mix } = palette();
  for (let x = 0; x < 64; x += 1) {
    picture.fillStyle = css(mix(low + ((1 - low) * x) / 63));
    picture.fillRect(x, 0, 1, 1);
  }
  const text = (number) => shortText(number, array.dtype);
  const marks = [
    ["nan", found.nan],
    ["inf", found.inf],
  ]
    .filter(([, count]) => count)
    .map(([name, count]) => el("span", { className: "mark" }, `■ ${count} ${name}`));
  return el("div", { className: "legend" }, text(low ? -found.most : 0), ramp, text(found.most), ...marks);
}

/** A matrix in an array, `rows` by `columns` from `start`, as a table of numbers; one row of many is wrapped. */
function numberTable(array, start, rows, columns) {
  const wrapped = rows === 1 && columns > WRAP;
  return wrapped
    ? table(array, start, Math.ceil(columns / WRAP), WRAP, WRAP, columns)
    : table(array, start, rows, columns, 1, rows * columns);
}

function table(array, start, rows, columns, stride, count) {
  const found = extent(array, start, count);
  const { mix } = palette();
  const body = el("tbody");
  for (let row = 0; row < rows; row += 1) {
    const line = el("tr");
    if (rows > 1) line.append(el("th", { scope: "row" }, String(row * stride)));
    for (let column = 0; column < Math.min(columns, count - row * columns); column += 1) {
      const index = start + row * columns + column;
      const number = array.number(index);
      const cell = el("td", { title: array.text(index) }, array.short(index));
      if (Number.isNaN(number)) cell.className = "nan";
      else if (!Number.isFinite(number)) cell.className = "inf";
      else cell.style.backgroundColor = css(mix(number / found.most), 0.5);
      line.append(cell);
    }
    body.append(line);
  }
  const head = el("tr");
  if (rows > 1) head.append(el("td"));
  for (let column = 0; column < columns; column += 1) head.append(el("th", { scope: "col" }, String(column)));
  const made = columns > 1 && rows > 1 ? el("table", {}, el("thead", {}, head), body) : el("table", {}, body);
  return [el("div", { className: "scroll" }, made), count > 1 ? legend(found, array) : null];
}

const LONGEST = 4096; // as many rows or columns a canvas gets

/** The same as a heat map, with a legend and with any one element in numbers. */
function heatMap(array, start, rows, columns, about) {
  const found = extent(array, start, rows * columns);
  const { mix, nan } = palette();
  const [high, wide] = [Math.min(rows, LONGEST), Math.min(columns, LONGEST)];
  const canvas = el("canvas", { className: "heat", width: wide, height: high, role: "img" });
  const picture = canvas.getContext("2d");
  const image = picture.createImageData(wide, high);
  for (let row = 0; row < high; row += 1) {
    for (let column = 0; column < wide; column += 1) {
      const number = array.number(start + row * columns + column);
      const colour = Number.isFinite(number) ? mix(number / found.most) : nan;
      const at = 4 * (row * wide + column);
      for (let channel = 0; channel < 3; channel += 1) image.data[at + channel] = colour[channel];
      image.data[at + 3] = 255;
    }
  }
  picture.putImageData(image, 0, 0);
  const cell = Math.max(1, Math.min(20, Math.floor(340 / Math.max(wide, 1)), Math.floor(900 / Math.max(high, 1))));
  canvas.style.width = `${wide * cell}px`;
  const legible = Math.min(96, 8 * high);
  if (wide * cell > 340 && (340 * high) / wide < legible) canvas.style.height = `${legible}px`; // not a thin line
  canvas.setAttribute(
    "aria-label",
    `Heat map of ${about}, ${rows} by ${columns}, from ${shortText(found.min, array.dtype)} to ${shortText(found.max, array.dtype)}`,
  );

  const number = (label, most) => el("input", { type: "number", min: 0, max: most - 1, value: 0, "aria-label": label });
  const [row, column] = [number("Row", rows), number("Column", columns)];
  const text = el("output");
  const read = (r, c) => {
    text.textContent = `= ${array.text(start + r * columns + c)}`;
  };
  const typed = () => {
    const within = (input, most) => Math.max(0, Math.min(most - 1, Math.trunc(Number(input.value)) || 0));
    read(within(row, rows), within(column, columns));
  };
  row.addEventListener("input", typed);
  column.addEventListener("input", typed);
  canvas.addEventListener("pointermove", (event) => {
    const area = canvas.getBoundingClientRect();
    const at = (offset, length, most) => Math.max(0, Math.min(most - 1, Math.floor((offset / length) * most)));
    row.value = at(event.clientY - area.top, area.height, high);
    column.value = at(event.clientX - area.left, area.width, wide);
    typed();
  });
  read(0, 0);
  const cut =
    rows > high || columns > wide
      ? el("p", { className: "quiet" }, `Drawn are the first ${high} rows and ${wide} columns.`)
      : null;
  return [
    el("div", { className: "scroll" }, canvas),
    legend(found, array),
    el("div", { className: "readout" }, "row", row, "column", column, text),
    cut,
  ];
}

/** The last two dimensions of an array as a table or a heat map; the others are chosen by sliders. */
function arrayView(array, about) {
  if (array.size === 0) return [el("p", { className: "quiet" }, `no elements: ${shapeText(array.shape)}`)];
  if (array.size === 1) {
    const number = array.number(0);
    const marked = Number.isFinite(number) ? "one" : "one failure";
    return [el("span", { className: marked, title: array.text(0) }, array.text(0))];
  }
  let [rows, columns] = array.shape.length > 1 ? array.shape.slice(-2) : [1, array.shape[0]];
  const notes = [];
  if (array.shape.length === 1 && columns > LINE) {
    rows = Math.floor(Math.sqrt(columns));
    while (columns % rows) rows -= 1;
    const line = columns / rows;
    if (line <= 128) {
      columns = line;
      if (rows > 1) notes.push(el("p", { className: "quiet" }, `One dimension, wrapped: ${columns} in a row.`));
    } else rows = 1;
  }
  const leading = array.shape.slice(0, -2);
  const picture = el("div");
  const show = (place) => {
    const start = place * rows * columns;
    const small = rows === 1 ? columns <= LINE : rows * columns <= CELLS && columns <= WIDE;
    picture.replaceChildren(
      ...(small ? numberTable(array, start, rows, columns) : heatMap(array, start, rows, columns, about)).filter(
        Boolean,
      ),
    );
  };
  const sliders = leading.map((length, dimension) => {
    const input = el("input", {
      type: "range",
      min: 0,
      max: length - 1,
      value: 0,
      "aria-label": `Index in dimension ${dimension}, of ${length}`,
    });
    const shown = el("output", {}, "0");
    input.addEventListener("input", () => {
      shown.textContent = input.value;
      show(sliders.reduce((place, slider, number) => place * leading[number] + Number(slider.input.value), 0));
    });
    return { input, box: el("label", {}, `dim ${dimension}: `, input, " ", shown, ` of ${length}`) };
  });
  show(0);
  return [
    leading.length ? el("div", { className: "slices" }, ...sliders.map((slider) => slider.box)) : null,
    picture,
    ...notes,
  ];
}

function summaryText(summary, dtype) {
  if (!summary) return "";
  const names = ["min", "max", "mean", "std", "norm"].filter(
    (name) => summary[name] !== null && summary[name] !== undefined,
  );
  const parts = names.map(
    (name) => `${name} ${shortText(toNumber(summary[name]), name === "min" || name === "max" ? dtype : "float64")}`,
  );
  for (const name of ["zeros", "nan", "inf"]) if (summary[name]) parts.push(`${summary[name]} ${name}`);
  return parts.join(" · ");
}

/** A value: its dtype and shape, its numbers, and what is said of them all. */
function valueView(id, about = "the value") {
  if (id === null || id === undefined) return el("p", { className: "quiet" }, "none");
  const value = values[id];
  const figure = el("figure", { className: "value", "data-value": id });
  const body = el("div");
  const many = size(value.shape) > 1;
  const left = value.data === null || value.data === undefined;
  figure.append(el("figcaption", {}, `${value.dtype} ${shapeText(value.shape)} · ${bytesText(value.bytes)}`), body);
  if (many || left) figure.append(el("p", { className: "quiet" }, summaryText(value.summary, value.dtype)));
  if (left) {
    const sample = value.sample ? `shown is a sample, [${value.sample.index.join(", ")}]` : "there is no sample";
    const reason = value.many
      ? "Within vmap, where this is one item of a whole batch: the numbers were not kept."
      : `Too large for this page, so its numbers were left out: ${sample}.`;
    figure.append(el("p", { className: "quiet left-out" }, reason));
  }
  numbersOf(id).then(
    (array) => {
      if (array) body.replaceChildren(...arrayView(array, about).filter(Boolean));
      else if (!left) body.replaceChildren(el("p", { className: "quiet" }, "cannot be shown as numbers"));
    },
    (problem) => body.replaceChildren(el("p", { className: "failure" }, `its data cannot be read: ${problem.message}`)),
  );
  return figure;
}

/** Fills a place once the numbers of some values are there. */
function later(ids, fill) {
  const place = el("div");
  Promise.all(ids.map(numbersOf)).then(
    (arrays) => {
      if (arrays.every((array, number) => array && array.size === size(values[ids[number]].shape)))
        place.append(...[fill(...arrays)].flat().filter(Boolean));
    },
    (problem) => place.append(el("p", { className: "failure" }, problem.message)),
  );
  return place;
}
