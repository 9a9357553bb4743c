import Link from 'next/link';
import { connection } from 'next/server';
import { Suspense } from 'react';
import { Hydrated } from '../../hydrated.jsx';
import { Slot } from '../../slot.jsx';

// Comes after the rest of the page: hidden, until a script puts it in its place.
async function Reviews({ item }) {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return <section><h2>Reviews of {item}</h2><Slot key={item} name="reviews" /></section>;
}

export default async function Page({ params }) {
  await connection();
  const { item } = await params;
  return (
    <main>
      <h1>Item {item}</h1>
      <Slot key={item} name="recs" />
      <Link href={`/p/${3 - item}`}>The other</Link>
      <Suspense fallback={<p>Loading</p>}><Reviews item={item} /></Suspense>
      <Hydrated />
    </main>
  );
}
