// SPDX-License-Identifier: MIT
const client = require('prom-client');

// Processor time of all threads, in nanoseconds.
function now() {
  const usage = process.cpuUsage();
  return (usage.user + usage.system) * 1000;
}

const rounds = 1000000;

function run(name, operations, body) {
  const begin = now();
  body();
  console.log(name, (now() - begin) / operations);
}

async function scrape(name, series) {
  const registry = new client.Registry();
  const requests = new client.Counter({ name: 'requests_total', help: 'Requests.', labelNames: ['method', 'path'], registers: [registry] });
  for (let i = 0; i < series; i++)
    requests.inc({ method: i & 1 ? 'GET' : 'POST', path: '/api/v1/item/' + i }, i);
  const begin = now();
  await registry.metrics();
  console.log(name, (now() - begin));
}

async function main() {
  const counter = new client.Counter({ name: 'c_total', help: 'C.', registers: [] });
  const queries = new client.Counter({ name: 'queries_total', help: 'Q.', labelNames: ['status'], registers: [] });
  const histogram = new client.Histogram({ name: 'h', help: 'H.', registers: [] });
  const statuses = ['success', 'error', 'refused', 'timeout'];
  run('inc_1t', rounds, () => { for (let i = 0; i < rounds; i++) counter.inc(); });
  run('lookup_inc_1t', rounds, () => { for (let i = 0; i < rounds; i++) queries.inc({ status: statuses[i & 3] }); });
  run('observe_1t', rounds, () => { for (let i = 0; i < rounds; i++) histogram.observe((i & 1023) * 0.01); });
  await scrape('scrape_10k', 10000);
  await scrape('scrape_100k', 100000);
}

main();
