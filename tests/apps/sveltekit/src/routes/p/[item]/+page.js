export const load = ({ params }) => ({ item: params.item });
