// "3-8" or "3-8-a" of rewrite_splices: begin, end, and the end tags that go before the content.
export function rangeOf(printed) {
  const [begin, end, ...name] = printed.split('-');
  return [Number(begin), Number(end), name.length > 0 ? `</${decodeURIComponent(name.join('-'))}>` : ''];
}
