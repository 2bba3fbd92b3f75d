-- What happened, in one order that no late commit can disturb.

-- Transaction numbers start low again in a new cluster; the epoch is raised when that is noticed.
CREATE TABLE event_epoch (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    epoch integer NOT NULL
);
INSERT INTO event_epoch (epoch) VALUES (1);

CREATE TABLE event (
    tenant_id uuid NOT NULL,
    epoch integer NOT NULL,
    xid xid8 NOT NULL,
    ordinal integer NOT NULL,
    visit_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    data json,
    PRIMARY KEY (tenant_id, epoch, xid, ordinal),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit ON DELETE CASCADE
);
CREATE INDEX event_of_visit ON event (tenant_id, visit_id);

-- The outcome of a request that came with a key: `request` is a digest of who asked what under which key,
-- `fingerprint` one of the body. A replay within the lifetime gets the outcome again.
CREATE TABLE idempotency (
    tenant_id uuid NOT NULL,
    request uuid NOT NULL,
    fingerprint uuid NOT NULL,
    outcome json NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, request)
);
CREATE INDEX idempotency_due ON idempotency (tenant_id, expires_at);
