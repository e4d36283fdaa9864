// The recovery code as a picture for the album: most readers keep a picture more surely than a text.

import * as words from "./words.js";

const WIDTH = 720, EDGE = 48, FONT = "system-ui, \"PingFang SC\", \"Microsoft YaHei\", sans-serif";

// The data: address of a PNG. WeChat saves such pictures by a long press; it does not save blob: ones.
export const draw = ({ lock, t }, code, link) => {
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  const lines = [
    [location.hostname, 26, "#5d665c", 1.8], [lock._facts?.title || document.title, 40, "#20261f", 1.5],
    [t(words.code), 26, "#5d665c", 2.6], [code, 34, "#3c6e47", 1.6], [t(words.onto), 26, "#5d665c", 2.4], [link, 22, "#20261f", 1.6],
  ];
  const rows = [];
  for (const [text, size, colour, space] of lines) {
    const font = `${text === code ? "600 " : ""}${size}px ${text === code ? "monospace" : FONT}`;
    pen.font = font;
    let part = "", height = size * space;
    for (const sign of text) {
      if (pen.measureText(part + sign).width > WIDTH - 2 * EDGE) {
        rows.push([part, font, colour, height]);
        part = "";
        height = size * 1.4;
      }
      part += sign;
    }
    rows.push([part, font, colour, height]);
  }
  canvas.width = WIDTH;
  canvas.height = rows.reduce((sum, row) => sum + row[3], 2 * EDGE);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, WIDTH, canvas.height);
  pen.fillStyle = "#3c6e47";
  pen.fillRect(0, 0, WIDTH, 10);
  let y = EDGE;
  for (const [text, font, colour, height] of rows) {
    y += height;
    pen.font = font;
    pen.fillStyle = colour;
    pen.fillText(text, EDGE, y - height / 4);
  }
  return canvas.toDataURL();
};
