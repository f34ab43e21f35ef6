// Draws the plots of a report from its data (plot_json.hpp) with plotly.js. Loads nothing.
"use strict";
(() => {
  // Colours that colour-blind readers can tell apart (Okabe and Ito), dark enough on white.
  const blue = "#0072b2", pale = "#b9c7d3", red = "#c8420a", green = "#00795c", ink = "#1b2733", soft = "#5a6876";
  const shade = "rgba(230, 159, 0, 0.20)", shadeEdge = "#b07800";

  const data = JSON.parse(document.getElementById("report-data").textContent);
  const narrow = window.matchMedia("screen and (max-width: 820px)").matches;

  // plotly reads a little HTML in texts; ours are plain.
  const plain = (s) => String(s).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  // Where space is short a long axis name takes two lines.
  const wrapped = (name) => {
    const words = name.split(" ");
    if (!narrow || name.length < 32 || words.length < 2) return plain(name);
    let first = words.shift();
    while (words.length > 1 && first.length < name.length / 2 - 3) first += " " + words.shift();
    return plain(first) + "<br>" + plain(words.join(" "));
  };

  const axis = (name) => ({
    title: {text: wrapped(name), standoff: 8, font: {size: narrow ? 12 : 14}}, automargin: true, zeroline: false, showline: true, linecolor: ink,
    ticks: "outside", tickcolor: ink, gridcolor: "#e7ebef", exponentformat: "SI", showexponent: "all",
  });

  const layout = (plot, more) => Object.assign({
    margin: narrow ? {l: 50, r: 8, t: 12, b: 40} : {l: 64, r: 14, t: 30, b: 46}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "#fff",
    font: {family: "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif", size: narrow ? 12 : 13, color: ink},
    xaxis: axis(plot.x_name), yaxis: axis(plot.y_name), showlegend: true, hovermode: "closest", bargap: 0,
    // A finger that scrolls the page must not zoom the plot under it.
    dragmode: narrow ? false : "zoom",
    modebar: {bgcolor: "rgba(255,255,255,0.8)", color: "#8a97a3", activecolor: blue},
    legend: {orientation: "h", x: 0, xanchor: "left", y: 0, yref: "container", yanchor: "bottom", font: {size: 12},
             itemsizing: "constant"},
  }, more);

  // The toolbar shows while the mouse is over a plot. Without a mouse it stays, except where space is short.
  const hasMouse = window.matchMedia("(hover: hover)").matches;
  const config = {
    displaylogo: false, showSendToCloud: false, responsive: true, displayModeBar: hasMouse ? "hover" : !narrow, showTips: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
    toImageButtonOptions: {format: "png", scale: 2, filename: data.file_name.replace(/[^\w.-]+/g, "_")},
  };

  const centers = (edges) => edges.slice(1).map((edge, i) => (edge + edges[i]) / 2);
  const widths = (edges) => edges.slice(1).map((edge, i) => edge - edges[i]);
  const present = (list) => list.filter((v) => v !== null);

  // Largest and smallest of numbers with gaps; [0, 1] without any.
  const extent = (lists) => {
    let low = Infinity, high = -Infinity;
    for (const list of lists) for (const v of present(list)) { low = Math.min(low, v); high = Math.max(high, v); }
    return low <= high ? [low, high] : [0, 1];
  };

  // A vertical line over the whole height with an entry in the legend.
  const verticalLine = (x, name, color, dash, y) => ({
    type: "scatter", mode: "lines", x: [x, x], y: y, name: plain(name), hoverinfo: "name+x",
    line: {color: color, width: 2, dash: dash},
  });

  // The area between two x, with an entry in the legend.
  const verticalBand = (span, name, y) => ({
    type: "scatter", mode: "lines", x: [span[0], span[0], span[1], span[1]], y: [y[0], y[1], y[1], y[0]],
    fill: "toself", fillcolor: shade, line: {color: shadeEdge, width: 1}, name: plain(name), hoverinfo: "skip",
  });

  const bars = (plot, name, color, wanted) => {
    const x = centers(plot.edges), w = widths(plot.edges);
    return {
      type: "bar", name: plain(name), marker: {color: color, line: {width: 0}}, x: x, width: w,
      y: plot.counts.map((count, i) => (wanted(i) ? count : null)),
      customdata: x.map((_, i) => [plot.edges[i], plot.edges[i + 1]]),
      hovertemplate: "%{customdata[0]:.4g} to %{customdata[1]:.4g}<br>%{y} shots<extra></extra>",
    };
  };

  // The share of bin i that lies inside the kept span decides its colour.
  const isKept = (plot, i) => {
    const middle = (plot.edges[i] + plot.edges[i + 1]) / 2;
    return plot.kept === null || (middle >= plot.kept[0] && middle <= plot.kept[1]);
  };

  const histogram = (plot) => {
    const top = [0, extent([plot.counts])[1] * 1.06];
    const traces = [bars(plot, plot.kept_name, blue, (i) => isKept(plot, i))];
    if (plot.kept !== null) {
      traces.push(bars(plot, plot.rest_name, pale, (i) => !isKept(plot, i)));
      traces.push(verticalLine(plot.kept[0], "cut", red, "dash", top));
      traces.push(Object.assign(verticalLine(plot.kept[1], "cut", red, "dash", top), {showlegend: false}));
    }
    plot.marks.forEach((m, i) => traces.push(verticalLine(m.x, m.name, i === 0 ? ink : green, i === 0 ? "solid" : "dot", top)));
    const yaxis = Object.assign(axis(plot.y_name), {range: top});
    return [traces, layout(plot, {barmode: "overlay", yaxis: yaxis})];
  };

  const profile = (plot) => {
    const [low, high] = extent([plot.y]);
    const pad = (high - low || 1) * 0.06;
    const y = [low - pad, high + pad];
    const traces = [];
    if (plot.window !== null) traces.push(verticalBand(plot.window, plot.window_name, y));
    traces.push({
      type: "scatter", mode: "lines+markers", x: plot.x, y: plot.y, name: plain(plot.curve_name), connectgaps: false,
      line: {color: blue, width: 2}, marker: {size: plot.x.length > 200 ? 1 : 4},
      hovertemplate: "%{x:.5g}<br>%{y:.5g}<extra></extra>",
    });
    if (plot.fit_x.length > 0)
      traces.push({type: "scatter", mode: "lines", x: plot.fit_x, y: plot.fit_y, name: "fit", hoverinfo: "skip",
                   line: {color: ink, width: 1.5, dash: "dot"}});
    if (plot.baseline !== null) {
      const [x0, y0, x1, y1] = plot.baseline;
      traces.push({type: "scatter", mode: "lines", x: [x0, x1], y: [y0, y1], name: "baseline", hoverinfo: "skip",
                   line: {color: green, width: 2.5, dash: "dash"}});
    }
    if (plot.peak !== null) traces.push(verticalLine(plot.peak.x, plot.peak.name, red, "solid", y));
    plot.others.forEach((m) => traces.push(verticalLine(m.x, m.name, soft, "dot", y)));
    return [traces, layout(plot, {yaxis: Object.assign(axis(plot.y_name), {range: y})})];
  };

  const rowsOf = (flat, rows, cols) => Array.from({length: rows}, (_, r) => flat.slice(r * cols, (r + 1) * cols));

  const fitLine = (line, x) => {
    const at = (shift) => x.map((v) => line.intercept + line.slope * v + shift);
    const traces = [{type: "scatter", mode: "lines", x: x, y: at(0), name: plain(line.name), hoverinfo: "skip",
                     line: {color: red, width: 2.5}}];
    if (line.band > 0)
      [line.band, -line.band].forEach((shift, i) => traces.push({
        type: "scatter", mode: "lines", x: x, y: at(shift), name: "\u00b1 standard deviation of the residuals",
        hoverinfo: "skip", showlegend: i === 0, legendgroup: "band", line: {color: red, width: 1.5, dash: "dash"}}));
    return traces;
  };

  const histogram2d = (plot) => {
    const rows = plot.y_edges.length - 1, cols = plot.x_edges.length - 1;
    const counts = plot.counts.map((count) => (count === 0 ? null : count));  // empty bins stay white
    const traces = [{
      type: "heatmap", x: plot.x_edges, y: plot.y_edges, z: rows > 0 && cols > 0 ? rowsOf(counts, rows, cols) : [],
      colorscale: [[0, "#dbe9f4"], [0.35, "#6fa8d0"], [1, "#08306b"]], hoverongaps: false, zmin: 0,
      colorbar: {title: {text: "shots", side: "right"}, thickness: 12, outlinewidth: 0, x: 1.01},
      hovertemplate: "%{x:.4g}, %{y:.4g}<br>%{z} shots<extra></extra>",
    }];
    const x = extent([plot.x_edges]), y = extent([plot.y_edges]);
    if (plot.line !== null && plot.line.slope !== null && plot.line.intercept !== null) traces.push(...fitLine(plot.line, x));
    return [traces, layout(plot, {xaxis: Object.assign(axis(plot.x_name), {range: x}),
                                  yaxis: Object.assign(axis(plot.y_name), {range: y})})];
  };

  const horizontalBand = (span, name, x) => ({
    type: "scatter", mode: "lines", x: [x[0], x[1], x[1], x[0]], y: [span[0], span[0], span[1], span[1]],
    fill: "toself", fillcolor: shade, line: {width: 0}, name: plain(name), hoverinfo: "skip",
  });

  const series = (plot) => {
    const x = extent([plot.x]);
    const traces = [];
    if (plot.band !== null) traces.push(horizontalBand(plot.band, plot.band_name, x));
    traces.push({
      type: "scatter", mode: "markers", x: plot.x, y: plot.y, name: plain(plot.points_name),
      marker: {color: blue, size: 4, opacity: 0.45}, hovertemplate: "%{x:.4g}<br>%{y:.5g}<extra></extra>",
    });
    if (plot.level !== null)
      traces.push({type: "scatter", mode: "lines", x: x, y: [plot.level, plot.level], name: plain(plot.level_name),
                   hoverinfo: "name+y", line: {color: shadeEdge, width: 1.5}});
    if (plot.trend.x.length > 1)
      traces.push({type: "scatter", mode: "lines+markers", x: plot.trend.x, y: plot.trend.y,
                   name: "median of " + plot.trend.block + " shots", line: {color: red, width: 2.5}, marker: {size: 6},
                   hovertemplate: "%{x:.4g}<br>median %{y:.5g}<extra></extra>"});
    const shown = plot.y_range === null ? [0, 1] : plot.y_range;
    const pad = (shown[1] - shown[0] || 1) * 0.06;
    const yaxis = Object.assign(axis(plot.y_name), {range: [shown[0] - pad, shown[1] + pad]});
    return [traces, layout(plot, {yaxis: yaxis})];
  };

  // 16-bit steps in base64 (0xffff: no value) to rows of values.
  const imageRows = (plot) => {
    const bytes = Uint8Array.from(atob(plot.steps), (c) => c.charCodeAt(0));
    const values = new Array(plot.rows * plot.cols);
    for (let i = 0; i < values.length; ++i) {
      const step = bytes[2 * i] | (bytes[2 * i + 1] << 8);
      values[i] = step === 0xffff ? null : plot.zero + plot.step * step;
    }
    return rowsOf(values, plot.rows, plot.cols);
  };

  const circle = (c) => {
    const x = [], y = [];
    for (let i = 0; i <= 180; ++i) {
      x.push(c.x + c.radius * Math.cos(i * Math.PI / 90));
      y.push(c.y + c.radius * Math.sin(i * Math.PI / 90));
    }
    return {type: "scatter", mode: "lines", x: x, y: y, name: plain(c.name), hoverinfo: "name",
            line: {color: c.dashed ? "#ffffff" : "#ff5a1f", width: c.dashed ? 1.3 : 2.2, dash: c.dashed ? "dash" : "solid"}};
  };

  const image = (plot) => {
    const first = (plot.factor - 1) / 2;  // the centre of a reduced pixel, in pixels of the detector
    const traces = [{
      type: "heatmap", z: imageRows(plot), x0: first, dx: plot.factor, y0: first, dy: plot.factor,
      zmin: plot.colors[0], zmax: plot.colors[1], colorscale: "Viridis", hoverongaps: false,
      colorbar: {title: {text: plain(plot.value_name), side: "right"}, thickness: 12, outlinewidth: 0, x: 1.01},
      hovertemplate: "column %{x}, row %{y}<br>%{z:.5g}<extra></extra>",
    }];
    plot.circles.forEach((c) => traces.push(circle(c)));
    if (plot.center !== null)
      traces.push({type: "scatter", mode: "markers", x: [plot.center.x], y: [plot.center.y], name: plain(plot.center.name),
                   marker: {symbol: "cross-thin", size: 13, line: {color: "#ff5a1f", width: 2.2}}, hoverinfo: "name+x+y"});
    const xRange = [first - plot.factor / 2, first + plot.factor * (plot.cols - 0.5)];
    const yRange = [first + plot.factor * (plot.rows - 0.5), first - plot.factor / 2];
    return [traces, layout(plot, {
      plot_bgcolor: "#8b949c",  // pixels without a value
      xaxis: Object.assign(axis(plot.x_name), {range: xRange, constrain: "domain", showgrid: false}),
      yaxis: Object.assign(axis(plot.y_name), {range: yRange, constrain: "domain", scaleanchor: "x", showgrid: false}),
      legend: {orientation: "h", x: 0, y: 0, yref: "container", yanchor: "bottom", font: {size: 12}, bgcolor: "#c9d1d8"},
    })];
  };

  const kinds = {histogram: histogram, profile: profile, histogram_2d: histogram2d, series: series, image: image};

  const drawInto = async (place, plot) => {
    try {
      const [traces, look] = kinds[plot.kind](plot);
      await Plotly.newPlot(place, traces, look, config);
      return true;
    } catch (error) {
      place.textContent = "This plot could not be drawn: " + error.message;
      place.classList.add("failed");
      return false;
    }
  };

  const places = data.plots.map((_, i) => document.getElementById("plot-" + i));

  Promise.all(data.plots.map((plot, i) => drawInto(places[i], plot)))
      .then((drawn) => { document.documentElement.dataset.plotsDrawn = drawn.filter(Boolean).length + " of " + drawn.length; });
})();
