import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBentoName } from './bento-name.ts';

test('the name of a bento is that which BentoML makes of the service', () => {
  const names = {
    MyService: 'my_service',
    LLMService: 'llm_service',
    XGBoostService: 'xg_boost_service',
    GPT4All: 'gp_t4_all',
    HTTPServer2: 'http_server2',
    RAG: 'rag',
    myURL: 'myurl',
    StableDiffusionXL: 'stable_diffusionxl',
  };
  for (const [service, name] of Object.entries(names)) assert.equal(toBentoName(service), name);
});
