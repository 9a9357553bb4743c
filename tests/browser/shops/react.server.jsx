import { renderToString } from 'react-dom/server';
import { Shell } from './react.jsx';

export const render = (item) => `<!doctype html>${renderToString(<Shell item={item} />)}`;
