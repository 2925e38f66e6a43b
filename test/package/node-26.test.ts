import { testOnNode } from './on-node.ts';

testOnNode({ node: '26', packages: ['typescript@7'], types: [] });
