// SPDX-License-Identifier: MIT
// openai_sdk.cjs URL KEY TEXT: OpenAI's JavaScript client; the first provider behind URL fails.
const assert = require("node:assert/strict");
const OpenAI = require("openai");

const [url, key, text] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
const messages = [{ role: "user", content: "Count." }];

function checkUsage(usage) {
  assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [100, 60, 160]);
  assert.equal(usage.prompt_tokens_details.cached_tokens, 40);
  assert.equal(usage.completion_tokens_details.reasoning_tokens, 10);
}

async function models() {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ["ape", "p0", "p1"]);
}

async function whole() {
  const { data, response } = await client.chat.completions.create({ model: "ape", messages }).withResponse();
  assert.equal(response.headers.get("x-ape-provider"), "p1");
  assert.equal(data.choices[0].message.content, text);
  assert.equal(data.choices[0].finish_reason, "stop");
  checkUsage(data.usage);
}

async function streamed() {
  const stream = await client.chat.completions.create({ model: "ape", messages, stream: true, stream_options: { include_usage: true } });
  let got = "", usage = null;
  for await (const chunk of stream) {
    got += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(got, text);
  checkUsage(usage);
}

async function errors() {
  await assert.rejects(client.chat.completions.create({ model: "no-such", messages }), OpenAI.NotFoundError);
  await assert.rejects(client.chat.completions.create({ model: "ape", messages: [] }), OpenAI.UnprocessableEntityError);
  await assert.rejects(client.chat.completions.create({ model: "p0", messages }), OpenAI.InternalServerError);
  const stranger = new OpenAI({ baseURL: url, apiKey: "make-believe-wrong-key-0123456789", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
}

(async () => {
  for (const test of [models, whole, streamed, errors]) {
    await test();
    console.log(`ok   ${test.name}, from npm`);
  }
})().catch((error) => { console.error(error); process.exit(1); });
