// Conditions, experiments and features against GrowthBook's own JavaScript SDK, on made-up cases.
//
//   DIFFERENTIAL_CASES=100000 DIFFERENTIAL_SEED=7 node --test tests/differential/growthbook.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GrowthBook, evalCondition } from '@growthbook/growthbook';
import { Cases } from './growthbook_cases.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const driver = process.env.GROWTHBOOK_DECISIONS ?? join(root, 'build/tests/growthbook_decisions');
const count = Number(process.env.DIFFERENTIAL_CASES ?? 10000);
const seed = Number(process.env.DIFFERENTIAL_SEED ?? 1);
const batchSize = 2000;
const mostFaults = 20;

// The SDK reports what it thinks of odd experiments.
console.error = () => {};

function redirectOf(context) {
  let to = null;
  const growthbook = new GrowthBook({ ...context, navigate: (url) => { to = url; } });
  if (to === null) {
    return [];
  }
  const { result } = [...growthbook.getAllResults().values()].find(({ result }) => result.inExperiment && result.value.urlRedirect);
  return [{ inExperiment: true, urlRedirect: result.value.urlRedirect, urlWithParams: to }];
}

function stickyOf({ context, documents, feature }) {
  const byKey = Object.fromEntries(documents.map((one) => [`${one.attributeName}||${one.attributeValue}`, structuredClone(one)]));
  const growthbook = new GrowthBook({
    ...context,
    stickyBucketAssignmentDocs: byKey,
    stickyBucketService: { saveAssignments: async () => {}, getAllAssignments: async () => byKey },
  });
  const result = featureOf(growthbook, feature);
  return { result, documents: growthbook.getStickyBucketAssignmentDocs() };
}

function featureOf(growthbook, key) {
  const { experiment, ...result } = growthbook.evalFeature(key);
  return result;
}

function expectedOf(one) {
  switch (one.kind) {
    case 'condition':
      return evalCondition(one.context.attributes, one.condition, one.context.savedGroups);
    case 'run':
      return new GrowthBook(one.context).run(structuredClone(one.experiment));
    case 'feature':
      return featureOf(new GrowthBook(one.context), one.feature);
    case 'sticky':
      return stickyOf(one);
    default:
      return redirectOf(one.context);
  }
}

// As it would travel; -0 is 0 there.
const plain = (json) => JSON.parse(JSON.stringify(json ?? null));

function answers(cases) {
  const input = cases.map((one) => JSON.stringify(one)).join('\n');
  const run = spawnSync(driver, [], { input, maxBuffer: 1 << 28 });
  assert.equal(run.error, undefined, `${driver}: ${run.error?.message}`);
  assert.equal(run.status, 0, run.stderr.toString());
  return run.stdout.toString().trimEnd().split('\n').map((line) => JSON.parse(line));
}

test('decides as the GrowthBook SDK does', () => {
  const made = new Cases(seed);
  const faults = [];
  const kinds = {};
  const inside = { run: 0, feature: 0, sticky: 0, redirect: 0, condition: 0 };
  const leaves = { found: 0, none: 0 };
  for (let done = 0; done < count; done += batchSize) {
    const cases = Array.from({ length: Math.min(batchSize, count - done) }, () => made.next_case());
    const got = answers(cases);
    assert.equal(got.length, cases.length);
    cases.forEach((one, i) => {
      const expected = plain(expectedOf(one));
      kinds[one.kind] = (kinds[one.kind] ?? 0) + 1;
      inside[one.kind] += expected === true || expected.inExperiment || expected.source === 'experiment' || expected.result?.source === 'experiment' || expected.length > 0 ? 1 : 0;
      const { leafId } = expected?.experimentResult ?? expected?.result?.experimentResult ?? {};
      if (leafId !== undefined) ++leaves[leafId < 0 ? 'none' : 'found'];
      try {
        assert.deepEqual(got[i], expected);
      } catch {
        faults.push(`${JSON.stringify(one)}\n  expected ${JSON.stringify(expected)}\n  got      ${JSON.stringify(got[i])}`);
      }
    });
  }
  console.log(`seed ${seed}: ${JSON.stringify(kinds)}, of which in an experiment or true: ${JSON.stringify(inside)}, leaves of bandits: ${JSON.stringify(leaves)}`);
  // Cases that are all the same would say nothing.
  for (const [kind, times] of Object.entries(inside)) {
    assert.ok(times > 0.02 * kinds[kind], `few ${kind} cases say anything: ${times}`);
  }
  assert.ok(Math.min(leaves.found, leaves.none) > 0.001 * count, 'few cases come to a leaf of a bandit');
  assert.equal(faults.length, 0, `${faults.length} of ${count} differ:\n${faults.slice(0, mostFaults).join('\n')}`);
});
