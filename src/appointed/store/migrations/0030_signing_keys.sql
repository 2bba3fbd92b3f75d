-- What access tokens are signed with, and how every process learns which credentials they no longer stand for.

-- Of the whole server and of no tenant. Nobody is given the table: what may be done with it, the functions below do.
-- A key is told before `signs_from`, signs until `signs_until`, and is gone when the last token it signed is over.
CREATE TABLE signing_key (
    key_id uuid PRIMARY KEY,
    secret bytea NOT NULL CHECK (octet_length(secret) = 32),
    created_at timestamptz NOT NULL,
    signs_from timestamptz NOT NULL,
    signs_until timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CHECK (signs_from <= signs_until AND signs_until <= ends_at)
);
ALTER TABLE signing_key ENABLE ROW LEVEL SECURITY;

-- When its secret or its scopes were replaced last.
ALTER TABLE credential ADD COLUMN changed_at timestamptz;
CREATE INDEX credential_by_change ON credential (greatest(changed_at, revoked_at))
    WHERE greatest(changed_at, revoked_at) IS NOT NULL;

-- What a token is bound to: it dies with the secret it was got for, and with the scopes.
CREATE FUNCTION grant_digest(p_key_hash bytea, p_scopes text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT substring(sha256(p_key_hash || convert_to(array_to_string(p_scopes, ' '), 'UTF8')) FOR 12)
$$;

-- What a credential is given to whoever has its secret.
CREATE FUNCTION credential_grant(p_credential uuid, p_key_hash bytea)
RETURNS TABLE (tenant_id uuid, slug text, name text, sandbox boolean, actor text, scopes text[], digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
    SELECT c.tenant_id, t.slug, t.name, t.sandbox, c.actor, c.scopes, grant_digest(c.key_hash, c.scopes)
      FROM credential c JOIN tenant t ON t.tenant_id = c.tenant_id
     WHERE c.key_hash = p_key_hash AND c.credential_id = p_credential AND c.revoked_at IS NULL
$$;

-- The credentials of all tenants that were changed since, each with what a token for it has to be bound to; null where
-- none is good any more. Those few are found by the index; the planner would expect a third of all.
CREATE FUNCTION credentials_changed(p_since timestamptz) RETURNS TABLE (credential_id uuid, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = appointed, pg_temp SET enable_seqscan = off AS $$
    SELECT c.credential_id, CASE WHEN c.revoked_at IS NULL THEN grant_digest(c.key_hash, c.scopes) END
      FROM credential c WHERE greatest(c.changed_at, c.revoked_at) >= p_since
$$;

CREATE FUNCTION signing_keys(p_now timestamptz) RETURNS SETOF signing_key
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
    SELECT k.* FROM signing_key k WHERE k.ends_at > p_now ORDER BY k.signs_from, k.key_id
$$;

-- Add a key where none signs now, or where the one that does will soon be followed by none. Those who come at once wait
-- for each other, and the first one's key is everybody's.
CREATE FUNCTION signing_key_add(p_now timestamptz, p_key_id uuid, p_secret bytea, p_lasts interval, p_told interval,
                                p_accepted interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
DECLARE
    v_from timestamptz;
BEGIN
    LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE;
    SELECT max(k.signs_until) INTO v_from FROM signing_key k WHERE k.signs_from <= p_now AND k.signs_until > p_now;
    IF v_from > p_now + p_told OR EXISTS (SELECT FROM signing_key k WHERE k.signs_from >= v_from) THEN
        RETURN;
    END IF;
    v_from := coalesce(v_from, p_now);
    INSERT INTO signing_key VALUES (p_key_id, p_secret, p_now, v_from, v_from + p_lasts, v_from + p_lasts + p_accepted);
END
$$;

-- Forget the keys of which no token is good any more; how many there were.
CREATE FUNCTION signing_keys_end(p_now timestamptz) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
    WITH ended AS (DELETE FROM signing_key k WHERE k.ends_at <= p_now RETURNING 1)
    SELECT count(*)::integer FROM ended
$$;

REVOKE ALL ON FUNCTION credential_grant(uuid, bytea), credentials_changed(timestamptz), signing_keys(timestamptz),
    signing_key_add(timestamptz, uuid, bytea, interval, interval, interval), signing_keys_end(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credential_grant(uuid, bytea), credentials_changed(timestamptz), signing_keys(timestamptz),
    signing_key_add(timestamptz, uuid, bytea, interval, interval, interval), signing_keys_end(timestamptz)
    TO appointed_app;
