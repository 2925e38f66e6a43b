/** A base class in a file of its own. */
import { api } from './api.ts';
import { modelRef } from './decorate.fixture.ts';
import { onShutdown, onStartup } from './lifecycle.ts';
import { model } from './model.ts';

export abstract class Base {
  @model(modelRef('base weights')) baseWeights!: string;
  @model(modelRef('never used')) replaced!: string;

  @onStartup openBase() {}
  @onStartup open() {}
  @onShutdown close() {}

  @api({ route: '/kept' }) kept(): string {
    return 'base';
  }

  @api({ slots: 2 }) overridden(): string {
    return 'base';
  }

  @api({ slots: 2 }) redeclared(): string {
    return 'base';
  }
}
