import { Column, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { isSureToFit, type Reading, selectTexts, type TextField } from '../../domain/experiment/reading.ts';
import { measureTexts } from '../rows/part-of-row.ts';
import type { Db } from './open.ts';
import { prepareSql, typedPlaceholder } from './statement.ts';

/** A row, with the size in bytes of its texts and those of all rows before it. */
type Measured<Row> = Row & { readonly bytes: number };

export interface RowReader<Row> {
  /**
   * Reads rows, but not the texts of rows for which the reading's budget has no bytes left. Only the first `rows` rows
   * are charged to it: a row beyond them only shows that there are more.
   */
  read(values: Readonly<Record<string, unknown>>, rows: number, reading: Reading): Promise<Row[]>;
}

interface Query<Row> extends SQLWrapper {
  prepare(name: string): { execute(values: Record<string, unknown>): Promise<Row[]> };
}

/**
 * Prepares a query in two ways: unchanged, for rows that are sure to fit, and with its texts measured by the server,
 * which knows their sizes without reading them. `fields` lists the fields that the query selects.
 */
export function prepareReader<Row extends Partial<Record<TextField, unknown>>>(
  db: Db,
  query: Query<unknown>,
  fields: Readonly<Record<string, Column | SQL.Aliased>>,
  nameStatement: (kind: 'whole' | 'measured') => string,
): RowReader<Row> {
  let whole: ReturnType<typeof query.prepare> | undefined;
  let measured: { execute(values: Record<string, unknown>): Promise<Measured<Row>[]> } | undefined;
  return {
    async read(values, rows, reading) {
      const { budget } = reading;
      const texts = selectTexts(reading);
      if (!budget || isSureToFit(reading, rows + 1)) {
        whole ??= query.prepare(nameStatement('whole'));
        const found = (await whole.execute(values)) as Row[];
        budget?.chargeRead(found.slice(0, rows).reduce((sum, row) => sum + measureTexts(row, texts), 0));
        return found;
      }
      measured ??= prepareSql<Measured<Row>>(db, nameStatement('measured'), measureRows(query, fields, texts), {
        ...fields,
        bytes: sql`bytes`.mapWith(Number).as('bytes'),
      } as never);
      const found = await measured.execute({ ...values, rows, bytesLeft: budget.bytesLeft });
      budget.chargeRead(found.slice(0, rows).at(-1)?.bytes ?? 0);
      return found.map(({ bytes: _, ...row }) => row as unknown as Row);
    },
  };
}

/** The rows of a query in its order, without the texts of rows that do not fit. */
function measureRows(
  query: SQLWrapper,
  fields: Readonly<Record<string, Column | SQL.Aliased>>,
  texts: readonly string[],
): SQL {
  const toName = (field: Column | SQL.Aliased) =>
    sql.identifier(field instanceof Column ? field.name : field.fieldAlias);
  const hasRoom = sql`bytes <= ${typedPlaceholder('bytesLeft', 'bigint')} and place <= ${typedPlaceholder('rows', 'bigint')}`;
  const selected = Object.entries(fields).map(([key, field]) => {
    const name = toName(field);
    return texts.includes(key) ? sql`case when ${hasRoom} then ${name} end as ${name}` : sql`${name}`;
  });
  const sizes = Object.entries(fields).flatMap(([key, field]) =>
    texts.includes(key) ? [sql`coalesce(octet_length(${toName(field)}), 0)`] : [],
  );
  const size = sizes.length > 0 ? sql.join(sizes, sql` + `) : sql`0`;
  const soFar = sql`over (rows between unbounded preceding and current row)`;
  return sql`select ${sql.join(selected, sql`, `)}, bytes from (
    select *, sum(${size}) ${soFar} as bytes, row_number() ${soFar} as place from (${query}) as unmeasured
  ) as measured order by place`;
}
