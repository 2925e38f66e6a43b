import { testOnNode } from './on-node.ts';

testOnNode({ node: '24', packages: ['typescript@6.0.3', 'esbuild@0.25'], types: [] });
