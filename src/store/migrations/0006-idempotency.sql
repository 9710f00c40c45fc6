-- What is known of each Idempotency-Key. The claim is committed before its request is carried out, so one that runs and
-- whose process is gone says that nobody knows what became of it.
create table headgate_idempotency_claims (
  tenant text not null,
  -- Of the API key, the route and the client's key together.
  key_sha256 text not null,
  -- Of the request that claimed the key.
  request_sha256 text not null,
  -- Names this one carrying out: the key may be freed and claimed again.
  run text not null,
  -- The process that carries it out.
  owner text not null,
  -- running, answered, or unkept: it ended, and its answer was too large to be kept.
  state text not null,
  alive_until timestamptz not null,
  expires_at timestamptz not null,
  answer_head text,
  answer_body bytea,
  primary key (tenant, key_sha256)
);

create index headgate_idempotency_claims_expires_at on headgate_idempotency_claims (expires_at);
