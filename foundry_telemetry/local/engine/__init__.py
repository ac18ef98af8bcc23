"""KQL in, rows out: translation to SQL, the checks that Azure makes first, errors in the words of a query."""
