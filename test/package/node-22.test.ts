import { testOnNode } from './on-node.ts';

testOnNode({ node: '22', packages: ['typescript@5', 'tsx@4.19.0', '@types/node@22'], types: ['node'] });
