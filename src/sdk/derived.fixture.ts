/** A service that inherits from a class in another file. */
import { api } from './api.ts';
import { Base } from './base.fixture.ts';
import { modelRef } from './decorate.fixture.ts';
import { onShutdown, onStartup } from './lifecycle.ts';
import { model } from './model.ts';
import { service } from './service.ts';

@service({ workers: 2 })
export class Derived extends Base {
  @model(modelRef('derived weights')) weights!: string;
  @model(modelRef('replacing')) override replaced: string = 'replaced by its decorator';
  seen = this.weights;

  @onStartup openDerived() {}
  @onStartup override open() {}
  @onShutdown closeDerived() {}

  override overridden(): string {
    return 'derived';
  }

  @api({ slots: 5 }) override redeclared(): string {
    return 'derived';
  }

  @api own(): string {
    return 'derived';
  }
}

/** Inherits everything, but is no service of its own. */
export class Plain extends Derived {}

@service
export class Again extends Derived {}
