-- Answers of the Responses API that a later request may go on with: each a turn of a conversation, after the one before.
create table headgate_responses (
  tenant text not null,
  id text not null,
  -- A turn stays for as long as one that goes on with it, expired or not.
  previous_id text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Of the conversation up to here.
  turns integer not null,
  bytes bigint not null,
  -- JSON as text: it may hold what Postgres cannot, escaped, and is only ever read whole.
  body text not null,
  primary key (tenant, id),
  foreign key (tenant, previous_id) references headgate_responses (tenant, id)
);

create index headgate_responses_previous on headgate_responses (tenant, previous_id) where previous_id is not null;
create index headgate_responses_expires_at on headgate_responses (expires_at);

create table headgate_response_items (
  tenant text not null,
  response_id text not null,
  position integer not null,
  item_id text,
  is_output boolean not null,
  item text not null,
  primary key (tenant, response_id, position),
  foreign key (tenant, response_id) references headgate_responses (tenant, id) on delete cascade
);

create index headgate_response_items_item on headgate_response_items (tenant, item_id) where item_id is not null;
