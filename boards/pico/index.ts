export { EmulatedPico, type EmulatedPicoOptions } from './emulated-pico.js';
