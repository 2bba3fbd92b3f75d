-- What a tenant offers. Who writes here takes the catalogue's lock and moves its version: `store/catalog.py` does.

CREATE TYPE resource_kind AS ENUM ('exclusive', 'pool');
CREATE TYPE pool_scope AS ENUM ('overlap', 'same_slot');
CREATE TYPE contact_channel AS ENUM ('phone', 'email');

CREATE TABLE branch (
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    branch_id uuid NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    PRIMARY KEY (tenant_id, branch_id)
);

CREATE TABLE opening_hours (
    tenant_id uuid NOT NULL,
    branch_id uuid NOT NULL,
    weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    opens_minute smallint NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute smallint NOT NULL CHECK (closes_minute BETWEEN opens_minute + 1 AND 2880),
    PRIMARY KEY (tenant_id, branch_id, weekday, opens_minute),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch ON DELETE CASCADE
);

CREATE TABLE resource (
    tenant_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    branch_id uuid NOT NULL,
    name text NOT NULL,
    kind resource_kind NOT NULL,
    scope pool_scope NOT NULL DEFAULT 'overlap',
    PRIMARY KEY (tenant_id, resource_id),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch ON DELETE CASCADE
);

-- A pool's capacity as a step function of time: from `starts_at` on, until the next row. Before the first it is nothing.
CREATE TABLE capacity_step (
    tenant_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    capacity integer NOT NULL CHECK (capacity >= 0),
    PRIMARY KEY (tenant_id, resource_id, starts_at),
    FOREIGN KEY (tenant_id, resource_id) REFERENCES resource ON DELETE CASCADE
);

CREATE TABLE service (
    tenant_id uuid NOT NULL,
    service_id uuid NOT NULL,
    branch_id uuid NOT NULL,
    name text NOT NULL,
    duration_minutes integer NOT NULL CHECK (duration_minutes BETWEEN 1 AND 1440),
    grid_minutes integer NOT NULL CHECK (grid_minutes BETWEEN 1 AND 1440),
    locale text NOT NULL,
    required_contact contact_channel,
    party_limit integer CHECK (party_limit > 0),
    reminder_minutes integer CHECK (reminder_minutes > 0),
    past_slots_allowed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, service_id),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch ON DELETE CASCADE
);

-- A service needs, for each `role`, `units` of one of the resources listed with it, in the order of `preference`.
CREATE TABLE service_resource (
    tenant_id uuid NOT NULL,
    service_id uuid NOT NULL,
    role smallint NOT NULL,
    preference smallint NOT NULL,
    resource_id uuid NOT NULL,
    units integer NOT NULL DEFAULT 1 CHECK (units > 0),
    PRIMARY KEY (tenant_id, service_id, role, preference),
    FOREIGN KEY (tenant_id, service_id) REFERENCES service ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, resource_id) REFERENCES resource ON DELETE CASCADE
);
