import { setFlagsFromString } from 'node:v8';

/**
 * What the agent makes is short-lived and little. V8 would make its nursery 16 MB large in time, and never take that back;
 * and let the rest grow by half and more before it looks for garbage there. To be called when all is loaded, threads too:
 * V8 takes none of what Node and the build have compiled for it once its flags are others.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}
