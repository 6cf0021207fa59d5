import { Suspense, use } from "react";

type Post = { title: string; body: string };

// Made once, as data is that came from elsewhere.
const BODY = "The quick brown fox jumps over the lazy dog. ".repeat(4);

const load = async (id: number): Promise<Post> => {
  await null;
  return { title: `Post ${id}`, body: BODY };
};

function Post({ post }: { post: Post }) {
  return (
    <article>
      <h2>{post.title}</h2>
      <p>{post.body}</p>
    </article>
  );
}

function Loaded({ post }: { post: Promise<Post> }) {
  return <Post post={use(post)} />;
}

/** Ten parts, each in its own boundary. With `wait`, each part suspends until its data arrives. */
export default function Posts({ wait }: { wait: boolean }) {
  return (
    <main>
      <h1>Posts</h1>
      {Array.from({ length: 10 }, (_, id) => (
        <Suspense key={id} fallback={<p>loading</p>}>
          {wait ? <Loaded post={load(id)} /> : <Post post={{ title: `Post ${id}`, body: BODY }} />}
        </Suspense>
      ))}
    </main>
  );
}
