-- Answers that serve later requests of the same tenant that ask for the same.
create table headgate_answers (
  tenant text not null,
  -- Hash of all that was asked.
  key text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- JSON as text: it may hold what Postgres cannot, escaped, and is only ever read whole.
  body text not null,
  primary key (tenant, key)
);

create index headgate_answers_expires_at on headgate_answers (expires_at);
