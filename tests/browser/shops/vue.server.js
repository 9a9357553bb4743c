import { renderToString } from 'vue/server-renderer';
import { make, page } from './vue.js';

export const render = async (item) => page(await renderToString(make(item)));
