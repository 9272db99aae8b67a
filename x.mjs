import { rollup } from 'rollup';
import terser from '@rollup/plugin-terser';
import { constToLet } from './tools/const-to-let.mjs';
import { terserOptions } from './tools/terser-options.mjs';
const [input, file] = process.argv.slice(2);
const b = await rollup({ input });
await b.write({ file, format: 'iife', name: 'ringlet', strict:false, generatedCode:{constBindings:true,arrowFunctions:true,objectShorthand:true}, externalLiveBindings:false, esModule:false, freeze:false, plugins:[constToLet(), terser(terserOptions(false))]});
