-- What must never be, for the tenants $2, by the clock $1: a row for each thing that is. Run as the owner.
WITH visits AS (
    SELECT v.*, coalesce((v.custom_data ->> 'claims')::bigint,
                         (SELECT coalesce(sum(r.count), 0)
                            FROM item i JOIN service_role r ON r.tenant_id = i.tenant_id AND r.service_id = i.service_id
                           WHERE i.tenant_id = v.tenant_id AND i.visit_id = v.visit_id AND NOT i.continues)) AS asked
      FROM visit v WHERE v.tenant_id = ANY ($2)
), live AS (
    SELECT c.*, r.kind, r.scope
      FROM claim c JOIN resource r ON r.tenant_id = c.tenant_id AND r.resource_id = c.resource_id
     WHERE c.tenant_id = ANY ($2) AND c.live
), pooled AS (
    SELECT * FROM live WHERE mode = 'pooled' AND (expires_at IS NULL OR expires_at > $1)
), instants AS (
    SELECT DISTINCT tenant_id, resource_id, scope, starts_at AS at FROM pooled
    UNION
    SELECT p.tenant_id, p.resource_id, p.scope, s.starts_at
      FROM pooled p JOIN capacity_step s ON s.tenant_id = p.tenant_id AND s.resource_id = p.resource_id
                                        AND s.starts_at > p.starts_at AND s.starts_at < p.ends_at
), levels AS (
    SELECT i.*, coalesce((SELECT s.capacity FROM capacity_step s
                           WHERE s.tenant_id = i.tenant_id AND s.resource_id = i.resource_id AND s.starts_at <= i.at
                           ORDER BY s.starts_at DESC LIMIT 1), 0) AS capacity
      FROM instants i
)
SELECT 'two exclusive claims overlap' AS problem, a.resource_id AS subject, a.starts_at AS at
  FROM live a JOIN live b ON b.tenant_id = a.tenant_id AND b.resource_id = a.resource_id
 WHERE a.mode = 'exclusive' AND b.mode = 'exclusive' AND (a.visit_id, a.claim_id) < (b.visit_id, b.claim_id)
   AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
UNION ALL
SELECT 'a pool is overrun', l.resource_id, l.at
  FROM levels l JOIN pooled p ON p.tenant_id = l.tenant_id AND p.resource_id = l.resource_id
                             AND p.starts_at <= l.at AND p.ends_at > l.at
 WHERE l.scope = 'overlap'
 GROUP BY l.tenant_id, l.resource_id, l.at, l.capacity
HAVING sum(p.units) > l.capacity
UNION ALL
SELECT 'a slot of a pool is overrun', p.resource_id, p.starts_at
  FROM pooled p
 WHERE p.scope = 'same_slot'
 GROUP BY p.tenant_id, p.resource_id, p.starts_at, p.ends_at
HAVING sum(p.units) > (SELECT min(l.capacity) FROM levels l
                        WHERE l.tenant_id = p.tenant_id AND l.resource_id = p.resource_id
                          AND l.at >= p.starts_at AND l.at < p.ends_at)
UNION ALL
SELECT 'a visit has a part of its claims', v.visit_id, v.created_at
  FROM visits v
 WHERE v.state NOT IN ('released', 'expired', 'absorbed', 'cancelled', 'no_show')
   AND v.asked <> (SELECT count(*) FROM live c WHERE c.tenant_id = v.tenant_id AND c.visit_id = v.visit_id)
UNION ALL
SELECT 'a visit that gave its claims back has a live one', v.visit_id, v.created_at
  FROM visits v
 WHERE v.state IN ('released', 'expired', 'absorbed', 'cancelled', 'no_show')
   AND EXISTS (SELECT FROM live c WHERE c.tenant_id = v.tenant_id AND c.visit_id = v.visit_id)
UNION ALL
SELECT 'a claim lapses at another time than its visit', v.visit_id, c.expires_at
  FROM visits v JOIN live c ON c.tenant_id = v.tenant_id AND c.visit_id = v.visit_id
 WHERE c.expires_at IS DISTINCT FROM v.expires_at
UNION ALL
SELECT 'a claim is not of its resource''s kind', c.resource_id, c.starts_at
  FROM live c
 WHERE c.mode <> 'overbooked' AND (c.mode = 'pooled') <> (c.kind = 'pool')
UNION ALL
SELECT 'a visit counts on other claims than it was made with', v.visit_id, v.created_at
  FROM visits v
 WHERE v.claims <> v.asked
