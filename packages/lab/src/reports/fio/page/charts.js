// SPDX-License-Identifier: GPL-2.0-only
// Runs in the reader's browser, after Chart.js: draws the charts of the page's data and follows its switches.
'use strict';

(() => {
  /** @typedef {import('../view').ChartView} ChartView */
  /** @typedef {import('../view').SeriesView} SeriesView */
  /** @typedef {import('../view').Key} Key */

  const Chart = /** @type {typeof import('chart.js').Chart} */ (Reflect.get(window, 'Chart'));
  /** @type {readonly ChartView[]} */
  const views = JSON.parse(document.getElementById('charts')?.textContent ?? '[]');
  /** Names of switches that are on, by chart. */
  const on = new Map(views.map((view) => [view.id, new Set(view.on)]));
  /** What is not chosen. */
  const left = { policy: new Set(), group: new Set() };
  /** @type {Map<string, import('chart.js').Chart>} */
  const drawn = new Map();

  /** Where nothing is drawn on a logarithmic axis of levels: below a page. */
  const ZERO_KIB = 1;
  const DASHES = [[], [8, 3], [3, 3], [8, 3, 2, 3], [1, 3]];

  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll('input[data-choose]')
  );

  /** @param {Key} key */
  function isChosen({ policy, group }) {
    return !left.policy.has(policy) && !left.group.has(group);
  }

  /** @param {string} name */
  function ink(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /**
   * @param {SeriesView} one
   * @param {SeriesView['marks']} marks those that are shown
   */
  function looks(one, marks) {
    const { colour, look, name } = one;
    const data = [...marks];
    if (look === 'limit')
      return {
        ...{ type: 'line', label: name, data, borderColor: colour, borderDash: [6, 4] },
        ...{ pointRadius: 0, borderWidth: 1.5, backgroundColor: 'transparent' },
      };
    const fill = look === 'published' ? 'transparent' : look === 'range' ? `${colour}80` : colour;
    return {
      ...{ label: name, data, backgroundColor: fill, borderColor: colour },
      ...{ borderWidth: look === 'simulated' ? 0 : 2, borderSkipped: false },
    };
  }

  /** @param {SeriesView} one */
  function line(one) {
    const { name, colour } = one;
    return { label: name, borderColor: colour, backgroundColor: colour, borderWidth: 2 };
  }

  /**
   * @param {ChartView} view
   * @param {readonly SeriesView[]} series those that are chosen
   */
  function levels(view, series) {
    const floor = on.get(view.id)?.has('logValues') ? ZERO_KIB : 0;
    // Colours are the policies' where there are several, and dashes tell block sizes.
    const dashed = new Set(view.series.map(({ policy }) => policy)).size > 1;
    const groups = [...new Set(series.map(({ group }) => group))];
    return series.map((one) => ({
      ...line(one),
      ...{ stepped: true, pointRadius: 0, parsing: false, backgroundColor: 'transparent' },
      data: one.steps.map(({ x, y }) => ({ x, y: Math.max(y, floor) })),
      borderDash: dashed ? DASHES[groups.indexOf(one.group) % DASHES.length] : [],
    }));
  }

  /** @param {ChartView} view */
  function datasets(view) {
    const series = view.series.filter(isChosen);
    if (view.kind === 'steps') return levels(view, series);
    const shown = shownLabels(view);
    const marks = series.map((one) => shown.map((i) => one.marks[i] ?? null));
    if (view.kind === 'lines') return series.map((one, s) => ({ ...line(one), data: marks[s] }));
    if (on.get(view.id)?.has('shares')) {
      const sums = shown.map((_, i) => marks.reduce((sum, own) => sum + Number(own[i]), 0));
      return series.map((one, s) =>
        looks(
          one,
          (marks[s] ?? []).map((mark, i) => (100 * Number(mark)) / (sums[i] ?? 1)),
        ),
      );
    }
    return series.map((one, s) => looks(one, marks[s] ?? []));
  }

  /** @param {ChartView} view */
  function shownLabels(view) {
    const all = view.labels.map((_, i) => i);
    return view.labelKeys.length === 0
      ? all
      : all.filter((i) => isChosen(/** @type {Key} */ (view.labelKeys[i])));
  }

  /** @param {ChartView} view */
  function config(view) {
    const lying = view.kind === 'stack';
    const is = on.get(view.id) ?? new Set();
    const title = is.has('shares') ? 'share of the CPU time, %' : view.valueTitle;
    /** @param {string} text */
    const axis = (text) => ({
      title: { display: text !== '', text },
      grid: { color: ink('--line') },
    });
    const values = {
      ...axis(title),
      type: is.has('logValues') ? 'logarithmic' : 'linear',
      ...(is.has('shares') ? { max: 100 } : {}),
      stacked: lying,
    };
    const labels = {
      ...axis(view.labelTitle),
      ...(view.kind === 'steps' ? { type: is.has('logTime') ? 'logarithmic' : 'linear' } : {}),
      stacked: lying,
      ...(lying ? { ticks: { autoSkip: false } } : {}),
    };
    return {
      type: view.kind === 'lines' || view.kind === 'steps' ? 'line' : 'bar',
      data: {
        labels: shownLabels(view).map((i) => view.labels[i]),
        datasets: datasets(view),
      },
      options: {
        ...{ animation: false, responsive: true, maintainAspectRatio: false },
        indexAxis: lying ? 'y' : 'x',
        scales: lying ? { x: values, y: labels } : { x: labels, y: values },
        interaction: {
          mode: view.kind === 'steps' ? 'nearest' : 'index',
          intersect: false,
          axis: lying ? 'y' : 'x',
        },
        plugins: {
          legend: {
            position: 'bottom',
            labels: {
              boxWidth: 14,
              boxHeight: 10,
              /** @param {{ text: string }} item */
              filter: ({ text }) => text !== '',
            },
          },
        },
      },
    };
  }

  /** @param {ChartView} view */
  function draw(view) {
    const canvas = /** @type {HTMLCanvasElement | null} */ (document.getElementById(view.id));
    const box = canvas?.parentElement;
    if (!canvas || !box) return;
    const settings = config(view);
    const { labels } = settings.data;
    const entries = settings.data.datasets.length;
    // Lying bars have a line each; legends of many entries need room of their own.
    const legend = Math.ceil(entries / Math.max(1, Math.floor(box.clientWidth / 170))) * 22;
    const plot = view.kind === 'stack' ? 24 * labels.length + 60 : 280;
    box.style.height = `${String(plot + legend)}px`;
    drawn.get(view.id)?.destroy();
    drawn.set(
      view.id,
      new Chart(canvas, /** @type {import('chart.js').ChartConfiguration} */ (settings)),
    );
  }

  function drawAll() {
    Chart.defaults.color = ink('--ink');
    Chart.defaults.font.family = 'system-ui, sans-serif';
    views.forEach(draw);
  }

  /** Rows of the tables go with what is drawn. */
  function showRows() {
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll('tr[data-policy], tr[data-group]')
    )) {
      const { policy = null, group } = row.dataset;
      row.hidden = !isChosen({ policy, group: group === undefined ? null : Number(group) });
    }
    const status = document.getElementById('chosen');
    const chosen = [...boxes].filter((box) => box.checked).length;
    if (status)
      status.textContent =
        chosen === boxes.length ? '' : 'Charts and tables below show what is chosen.';
  }

  /** @param {ChartView} view */
  function hasChoice({ series, labelKeys }) {
    return labelKeys.length > 0 || series.some(({ policy }) => policy !== null);
  }

  function choose() {
    left.policy.clear();
    left.group.clear();
    for (const box of boxes) {
      if (box.checked) continue;
      if (box.dataset['choose'] === 'policy') left.policy.add(box.value);
      else left.group.add(Number(box.value));
    }
    showRows();
    views.filter(hasChoice).forEach(draw);
  }

  for (const hidden of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('figure.chart, #choice')
  ))
    hidden.hidden = false;
  for (const box of boxes) box.addEventListener('change', choose);
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
    document.querySelectorAll('button[data-switch]')
  ))
    button.addEventListener('click', () => {
      const view = views.find(({ id }) => id === button.dataset['chart']);
      const name = view?.switches.find((one) => one === button.dataset['switch']);
      const is = on.get(view?.id ?? '');
      if (!view || !name || !is) return;
      if (!is.delete(name)) is.add(name);
      button.setAttribute('aria-pressed', String(is.has(name)));
      draw(view);
    });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  // On paper a canvas keeps the size of the screen.
  addEventListener('beforeprint', () => {
    drawn.forEach((chart) => {
      chart.resize();
    });
  });
  drawAll();
})();
