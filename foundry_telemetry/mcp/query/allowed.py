"""What a query may be made of. Whatever is on no list is refused: a new operator of Kusto, too."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYNTAX: Final = _words("""
    Top Query Statement QueryStatement Expression PipeExpression PipedOperator BeforePipeExpression
    AfterPipeOperator BeforeOrAfterPipeOperator PipeSubExpression LetStatement LetVariableDeclaration
    LetFunctionDeclaration LetMaterializeDeclaration LetFunctionParameterList ScalarParameter
    ScalarParameterDefault LetFunctionBody LetFunctionBodyStatement CountOperator DistinctOperator
    DistinctOperatorStarTarget DistinctOperatorColumnListTarget EvaluateOperator ExtendOperator
    GetSchemaOperator JoinOperator JoinOperatorOnClause JoinOperatorWhereClause LookupOperator
    MakeSeriesOperator MakeSeriesOperatorOnClause MakeSeriesOperatorAggregation
    MakeSeriesOperatorExpressionDefaultClause MakeSeriesOperatorInRangeClause
    MakeSeriesOperatorFromToStepClause MakeSeriesOperatorByClause MvexpandOperator
    MvexpandOperatorExpression ParseOperator ParseOperatorKindClause ParseOperatorNameAndOptionalType
    ParseOperatorPattern ParseOperatorPatternSegment ParseWhereOperator PrintOperator
    ProjectAwayOperator ProjectKeepOperator ProjectOperator ProjectRenameOperator ProjectReorderOperator
    ProjectReorderExpression SampleDistinctOperator SampleOperator SerializeOperator SortOperator
    OrderedExpression SortOrdering SummarizeOperator SummarizeOperatorByClause TakeOperator TopOperator
    TopHittersOperator TopHittersOperatorByClause TopNestedOperator TopNestedOperatorPart
    TopNestedOperatorWithOthersClause UnionOperator UnionOperatorExpression WhereOperator
    StrictQueryOperatorParameter RelaxedQueryOperatorParameter NamedExpression NamedExpressionNameClause
    NamedExpressionNameList UnnamedExpression LogicalOrExpression LogicalOrOperation
    LogicalAndExpression LogicalAndOperation EqualityExpression EqualityExpressionTail
    EqualsEqualityExpression ListEqualityExpression BetweenEqualityExpression RelationalExpression
    AdditiveExpression AdditiveOperation MultiplicativeExpression MultiplicativeOperation
    StringOperatorExpression StringBinaryOperatorExpression StringBinaryOperation StringBinaryOperator
    InvocationExpression FunctionCallOrPathExpression FunctionCallOrPathPathExpression
    FunctionCallOrPathRoot FunctionCallOrPathOperation FunctionCallOrPathPathOperation
    FunctionCallOrPathElementOperation ToScalarExpression DotCompositeFunctionCallExpression
    FunctionCallExpression NamedFunctionCallExpression ArgumentExpression CountExpression StarExpression
    PrimaryExpression NameReferenceWithDataScope ParenthesizedExpression RangeExpression
    EntityNameReference EntityName DataTableExpression RowSchema RowSchemaColumnDeclaration ScalarType
    ExtendedScalarType ParameterName SimpleNameReference ExtendedNameReference WildcardedNameReference
    SimpleOrWildcardedNameReference IdentifierName KeywordName ExtendedKeywordName EscapedName
    IdentifierOrKeywordName IdentifierOrKeywordOrEscapedName IdentifierOrExtendedKeywordOrEscapedName
    IdentifierOrExtendedKeywordName WildcardedName WildcardedNamePrefix WildcardedNameSegment
    LiteralExpression UnsignedLiteralExpression NumberLikeLiteralExpression NumericLiteralExpression
    SignedLiteralExpression LongLiteralExpression IntLiteralExpression RealLiteralExpression
    DecimalLiteralExpression DateTimeLiteralExpression TimeSpanLiteralExpression
    BooleanLiteralExpression GuidLiteralExpression TypeLiteralExpression SignedLongLiteralExpression
    SignedRealLiteralExpression StringLiteralExpression DynamicLiteralExpression JsonValue JsonObject
    JsonPair JsonArray JsonBoolean JsonDateTime JsonGuid JsonNull JsonString JsonTimeSpan JsonLong
    JsonReal
""")
"""Rules of the grammar (Microsoft's ``Kql.g4``) that a query may use."""

FUNCTIONS: Final = _words("""
    abs acos ago array_concat array_iff array_index_of array_length array_reverse array_slice
    array_sort_asc array_sort_desc array_split array_sum asin atan atan2 avg avgif bag_has_key bag_keys
    bag_merge bag_pack bag_remove_keys between bin bin_at binary_and binary_not binary_or
    binary_shift_left binary_shift_right binary_xor buildschema case ceiling coalesce cos cot count
    count_distinct count_distinctif countif countof datetime_add datetime_diff datetime_part
    datetime_utc_to_local dayofmonth dayofweek dayofyear dcount dcountif degrees endofday endofmonth
    endofweek endofyear exp exp10 exp2 extract extract_all floor format_bytes format_datetime
    format_timespan gamma getmonth gettype getyear hash hash_md5 hash_sha1 hash_sha256 hourofday iff iif
    indexof isascii isempty isfinite isinf isnan isnotempty isnotnull isnull isutf8 jaccard_index log
    log10 log2 loggamma make_bag make_bag_if make_datetime make_list make_list_if make_list_with_nulls
    make_set make_set_if make_timespan max max_of maxif min min_of minif monthofyear new_guid next not
    notnull now pack pack_all pack_array pack_dictionary parse_csv parse_json parse_url parse_urlquery
    parse_version percentile percentiles percentiles_array percentilesw percentilew pi pow prev radians
    rand range rank_dense replace replace_regex replace_string replace_strings reverse round row_cumsum
    row_number row_rank_dense row_rank_min row_window_session series_add series_decompose
    series_decompose_anomalies series_fir series_fit_line series_iir series_outliers
    series_periods_detect series_stats series_stats_dynamic series_subtract series_sum set_difference
    set_has_element set_intersect set_union sign sin split sqrt startofday startofmonth startofweek
    startofyear stdev stdevif stdevp strcat strcat_array strcat_delim strcmp string_size strlen
    substring sum sumif take_any take_anyif tan tobool toboolean todatetime todecimal todouble todynamic
    toguid tohex toint tolong tolower toreal tostring totimespan toupper treepath trim trim_end
    trim_start unixtime_microseconds_todatetime unixtime_milliseconds_todatetime
    unixtime_nanoseconds_todatetime unixtime_seconds_todatetime url_decode url_encode variance
    varianceif variancep week_of_year welch_test zip arg_max arg_min base64_decode_tostring
    base64_encode_tostring percentrank_tdigest tdigest tdigest_merge hll hll_merge dcount_hll
""")
"""Scalar functions and aggregates that read nothing but their arguments."""

PLUGINS: Final = _words("bag_unpack pivot")
"""Of ``evaluate``: those that work on the rows before them alone."""

PARAMETERS: Final = _words("kind withsource default")
"""Of operators; hints can name another cluster to run on."""

_NAME_TABLES: Final = "name the tables, such as: foundry_attempts | where TimeGenerated > ago(1h) | take 5"
_OTHER_SOURCE: Final = f"a query reads the data of this server alone; {_NAME_TABLES}"
_BY_ID: Final = "to find a call call the tool explain with the ID; else name table and column"
_OMIT: Final = "omit it"

INSTEAD: Final = {
    # statements
    "SetStatement": "omit the set statement; limits are those of this tool",
    "DeclareQueryParametersStatement": "write the values into the query, or use let",
    "DeclarePatternStatement": "use let",
    "AliasDatabaseStatement": _OTHER_SOURCE,
    "RestrictAccessStatement": _OMIT,
    "LetEntityGroupDeclaration": _OTHER_SOURCE,
    "LetViewDeclaration": "use let name = <query>",
    "TabularParameter": "name the table in the body of the function",
    "TabularParameterOpenSchema": "name the table in the body of the function",
    # sources
    "ExternalDataExpression": _OTHER_SOURCE,
    "MaterializedViewCombineExpression": _OTHER_SOURCE,
    "EntityPathOrElementExpression": _OTHER_SOURCE,
    "EntityGroupExpression": _OTHER_SOURCE,
    "AtSignName": _OTHER_SOURCE,
    "DataScopeClause": _OMIT,
    "WildcardedEntityExpression": _NAME_TABLES,
    "WildcardedPathExpression": _NAME_TABLES,
    "DotCompositeFunctionCallOperation": _OTHER_SOURCE,
    "ToTableExpression": "use let name = <query>",
    "ToTablePathExpression": "use let name = <query>",
    # operators
    "SearchOperator": _BY_ID,
    "FindOperator": _BY_ID,
    "InvokeOperator": "write the steps of the function into the query",
    "MacroExpandOperator": _OTHER_SOURCE,
    "ExecuteAndCacheOperator": _OMIT,
    "RenderOperator": "omit render: the answer is rows",
    "MvapplyOperator": "use mv-expand",
    "PartitionOperator": "use summarize or top-nested",
    "PartitionByOperator": "use summarize or top-nested",
    "ForkOperator": "call this tool once for each",
    "FacetByOperator": "call this tool once for each",
    "StarEqualityExpression": "name the column",
    "StringStarOperatorExpression": "name the column",
    # functions
    **dict.fromkeys(
        _words("""
            adx app arg cluster database external_table externaldata materialized_view resource
            stored_query_result table workspace
        """),
        _OTHER_SOURCE,
    ),
}
"""What to write in the place of what is refused, by rule of the grammar or name of a function."""

OTHERWISE: Final = "it is on no list of what a query may use; the tool schema has an example"
